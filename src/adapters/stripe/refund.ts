import type Stripe from 'stripe';
import type { RefundRequest } from '../../contracts/temporal/checkout.ts';
import { fromStripeAmount, toStripeAmount } from './amounts.ts';
import { isReplayed, isUsedForOther, refusalCodeOf } from './errors.ts';
import { RefundMadeElsewhere, RefundRefused } from '../../contracts/ports/payment-provider.ts';
import { formatMoney } from '../../domain/money.ts';

/** Each stored error, and each change of the amount, uses up one key. A refund is retried a few hundred times a day, and Stripe deletes a key after a day. */
const MAX_KEYS = 500;

/**
 * Refunds money, and returns how much of the payment is refunded in total, in minor units. With a `refundId` it is one refund that is
 * made exactly once: the payment's refunds are searched for its `metadata.refund_id` before each attempt, so that it is found after
 * Stripe has deleted its idempotency key. Without a `refundId` it refunds what is missing to a total of `amount`.
 *
 * The amount may be less than it was, where somebody else has refunded a part after this refund was refused. It begins with the same keys
 * nevertheless: Stripe executes a key for one amount only, so a request of the former amount that arrives late refunds nothing.
 *
 * A `pending` refund (or one in `requires_action`, which waits for the customer) counts like one that succeeded. If it fails later, it
 * becomes `failed` or `canceled`, no longer counts, and is made again by the next call.
 * @see https://docs.stripe.com/refunds#failed-refunds
 *
 * @throws {RefundRefused} if retrying changes nothing
 * @throws {RefundMadeElsewhere} if somebody else has refunded as much since `unlessMadeSince`; any other error means that the outcome is unknown
 */
export async function refund(stripe: Stripe, request: RefundRequest): Promise<number> {
  const { orderId, paymentIntentId, refundId } = request;
  let refusal: { missing: number; error: RefundRefused } | undefined;
  let latest: Stripe.Refund | undefined;
  let currency: string | undefined;
  for (let number = 1; number <= MAX_KEYS; number += 1) {
    const refunds = await refundsOf(stripe, paymentIntentId);
    const effective = refunds.filter((each) => !hasFailed(each));
    const refunded = effective.reduce((sum, each) => sum + fromStripeAmount(each.amount, each.currency), 0);
    const missing = missingOf(request, effective, refunded);
    if (missing <= 0) return refunded;
    refuseIfMadeElsewhere(request, effective);
    // The refunds were read again after the refusal: no other refund was the reason for it.
    if (refusal?.missing === missing) throw refusal.error;
    if (latest && !refunds.some(({ id }) => id === latest?.id)) {
      throw new Error('The payment provider does not list the refund that it has just made');
    }
    try {
      currency ??= await currencyOf(stripe, paymentIntentId);
      const made = await stripe.refunds.create(
        {
          payment_intent: paymentIntentId,
          amount: toStripeAmount(missing, currency),
          metadata: { order_id: orderId, ...(refundId !== undefined && { refund_id: refundId }) },
        },
        { idempotencyKey: `order/${orderId}/refund/${refundId ?? paymentIntentId}/${number}` },
      );
      const replayed = made.lastResponse.headers['idempotent-replayed'] === 'true';
      if (!replayed && hasFailed(made)) throw new RefundRefused(made.failure_reason ?? 'failed');
      latest = made;
    } catch (error) {
      // The next key may be used only if this one can never refund anything.
      if (isReplayed(error) || isUsedForOther(error)) continue;
      const code = refusalCodeOf(error);
      if (code === undefined) throw error;
      refusal = { missing, error: new RefundRefused(code) };
    }
  }
  throw new Error(`The payment provider stored an error for each of ${MAX_KEYS} attempts to refund`);
}

function missingOf(
  { amount, refundId }: RefundRequest,
  effective: Stripe.Refund[],
  refunded: number,
): number {
  if (refundId === undefined) return amount - refunded;
  return effective.some(({ metadata }) => metadata?.['refund_id'] === refundId) ? 0 : amount;
}

/**
 * A refund that this service has made has the id of its order. Stripe's times are in seconds: one of the same second was made before, or at
 * the same time, and by nobody who had seen that this one waits.
 */
function refuseIfMadeElsewhere(
  { amount, unlessMadeSince }: RefundRequest,
  effective: readonly Stripe.Refund[],
): void {
  if (unlessMadeSince === undefined) return;
  const since = Math.floor(Date.parse(unlessMadeSince) / 1_000);
  const made = effective.find(
    (each) =>
      each.metadata?.['order_id'] === undefined &&
      each.created > since &&
      fromStripeAmount(each.amount, each.currency) >= amount,
  );
  if (!made) return;
  const money = formatMoney(fromStripeAmount(made.amount, made.currency), made.currency.toUpperCase());
  throw new RefundMadeElsewhere({ money, providerRefundId: made.id });
}

export const hasFailed = ({ status }: Stripe.Refund): boolean => status === 'failed' || status === 'canceled';

/** The currency in which the customer was charged, in which a refund is made too. */
async function currencyOf(stripe: Stripe, paymentIntentId: string): Promise<string> {
  return (await stripe.paymentIntents.retrieve(paymentIntentId)).currency;
}

export async function refundsOf(stripe: Stripe, paymentIntentId: string): Promise<Stripe.Refund[]> {
  const refunds: Stripe.Refund[] = [];
  for await (const each of stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 })) {
    refunds.push(each);
  }
  return refunds;
}
