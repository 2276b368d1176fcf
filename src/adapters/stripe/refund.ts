import type Stripe from 'stripe';
import type { RefundRequest } from '../../contracts/temporal/checkout.ts';
import { isReplayed, refusalCodeOf } from './answers.ts';
import { RefundRefused } from '../../contracts/ports/payment-provider.ts';

/** An error that is stored takes one key; a refund is tried a few hundred times a day, and Stripe forgets by then. */
const MAX_KEYS = 500;

/**
 * Gives money back, and answers how much has gone back of the payment in all, in minor units. With a `refundId` it is one
 * refund, made once for ever: it is looked for by `metadata.refund_id` among the payment's refunds before it is made, so
 * that it is found again when Stripe has forgotten its key. Without, it gives back what is missing of `amount`.
 *
 * A refund that is `pending` (or waits for the customer, `requires_action`) is on its way and counts like one that
 * succeeded: should it fail, it becomes `failed` or `canceled`, counts no more, and is made anew when asked for again.
 * @see https://docs.stripe.com/refunds#failed-refunds
 *
 * @throws {RefundRefused} where asking again changes nothing; whatever else it throws means "not known"
 */
export async function refund(stripe: Stripe, request: RefundRequest): Promise<number> {
  const { orderId, paymentIntentId, refundId } = request;
  let refusal: { missing: number; error: RefundRefused } | undefined;
  let latest: Stripe.Refund | undefined;
  for (let number = 1; number <= MAX_KEYS; number += 1) {
    const refunds = await refundsOf(stripe, paymentIntentId);
    const effective = refunds.filter((each) => !hasFailed(each));
    const refunded = effective.reduce((sum, each) => sum + each.amount, 0);
    const missing = missingOf(request, effective, refunded);
    if (missing <= 0) return refunded;
    // Looked again: no other refund had come in between.
    if (refusal?.missing === missing) throw refusal.error;
    if (latest && !refunds.some(({ id }) => id === latest?.id)) {
      throw new Error('The provider does not list the refund that it has just made');
    }
    try {
      const made = await stripe.refunds.create(
        {
          payment_intent: paymentIntentId,
          amount: missing,
          metadata: { order_id: orderId, ...(refundId !== undefined && { refund_id: refundId }) },
        },
        { idempotencyKey: `order/${orderId}/refund/${refundId ?? paymentIntentId}/${number}` },
      );
      const replayed = made.lastResponse.headers['idempotent-replayed'] === 'true';
      if (!replayed && hasFailed(made)) throw new RefundRefused(made.failure_reason ?? 'failed');
      latest = made;
    } catch (error) {
      // Another number only where this key can never do anything any more.
      if (isReplayed(error)) continue;
      const code = refusalCodeOf(error);
      if (code === undefined) throw error;
      refusal = { missing, error: new RefundRefused(code) };
    }
  }
  throw new Error('The provider has stored an error for every refund that was asked for');
}

function missingOf(
  { amount, refundId }: RefundRequest,
  effective: Stripe.Refund[],
  refunded: number,
): number {
  if (refundId === undefined) return amount - refunded;
  return effective.some(({ metadata }) => metadata?.['refund_id'] === refundId) ? 0 : amount;
}

const hasFailed = ({ status }: Stripe.Refund): boolean => status === 'failed' || status === 'canceled';

async function refundsOf(stripe: Stripe, paymentIntentId: string): Promise<Stripe.Refund[]> {
  const refunds: Stripe.Refund[] = [];
  for await (const each of stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 })) {
    refunds.push(each);
  }
  return refunds;
}
