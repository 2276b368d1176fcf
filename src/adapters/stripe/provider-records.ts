import type Stripe from 'stripe';
import type {
  DisputeRecord,
  ProviderRecords,
  ProviderPayment,
  ProviderRefund,
} from '../../contracts/ports/audit-sources.ts';
import { fromStripeAmount } from './amounts.ts';
import { createdSince } from './created-since.ts';
import { toDispute } from './disputes.ts';
import { isMissing } from './errors.ts';

/** Stripe's maximum. */
const PAGE_SIZE = 100;

/** An error on one page must not cause a thousand pages to be read again. Reading is safe to repeat. */
const WITH_RETRIES = { maxNetworkRetries: 5 };

export function createProviderRecords(stripe: Stripe): ProviderRecords {
  return {
    payments: (since) =>
      pagesOf(
        stripe.paymentIntents.list({ limit: PAGE_SIZE, ...createdFrom(since) }, WITH_RETRIES),
        toPayment,
      ),

    refunds: (since) =>
      pagesOf(stripe.refunds.list({ limit: PAGE_SIZE, ...createdFrom(since) }, WITH_RETRIES), toRefund),

    disputes: (since) =>
      pagesOf(
        stripe.disputes.list({ limit: PAGE_SIZE, ...createdFrom(since) }, WITH_RETRIES),
        toDisputeRecord,
      ),

    async find(paymentIntentId) {
      try {
        const intent = await stripe.paymentIntents.retrieve(paymentIntentId, {}, WITH_RETRIES);
        const refunds: ProviderRefund[] = [];
        const listed = stripe.refunds.list(
          { payment_intent: paymentIntentId, limit: PAGE_SIZE },
          WITH_RETRIES,
        );
        for await (const page of pagesOf(listed, toRefund)) refunds.push(...page);
        const disputes: DisputeRecord[] = [];
        const disputed = stripe.disputes.list(
          { payment_intent: paymentIntentId, limit: PAGE_SIZE },
          WITH_RETRIES,
        );
        for await (const page of pagesOf(disputed, toDisputeRecord)) disputes.push(...page);
        return { payment: toPayment(intent), refunds, disputes };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

const createdFrom = (since?: Date): { created?: Stripe.RangeQueryParam } =>
  since === undefined ? {} : { created: createdSince(since.getTime()) };

async function* pagesOf<T, R>(
  list: AsyncIterable<T>,
  convert: (item: T) => R | undefined,
): AsyncIterable<R[]> {
  let page: R[] = [];
  let read = 0;
  for await (const item of list) {
    const converted = convert(item);
    if (converted !== undefined) page.push(converted);
    read += 1;
    if (read % PAGE_SIZE === 0) {
      yield page;
      page = [];
    }
  }
  yield page;
}

function toPayment(intent: Stripe.PaymentIntent): ProviderPayment {
  const orderId = intent.metadata['order_id'];
  return {
    paymentIntentId: intent.id,
    ...(orderId !== undefined && { orderId }),
    status: intent.status,
    currency: intent.currency.toUpperCase(),
    received: fromStripeAmount(intent.amount_received, intent.currency),
    capturable: fromStripeAmount(intent.amount_capturable, intent.currency),
  };
}

/** Converts a dispute; leaves out that of a charge without a payment, which is not ours. */
function toDisputeRecord(dispute: Stripe.Dispute): DisputeRecord | undefined {
  const { payment_intent: intent } = dispute;
  const paymentIntentId = typeof intent === 'string' ? intent : intent?.id;
  return paymentIntentId === undefined ? undefined : { paymentIntentId, ...toDispute(dispute) };
}

/** Converts a refund; leaves out a failed one, whose money came back. @see https://docs.stripe.com/refunds#failed-refunds */
function toRefund(refund: Stripe.Refund): ProviderRefund | undefined {
  if (refund.status === 'failed' || refund.status === 'canceled') return undefined;
  const { payment_intent: intent } = refund;
  const paymentIntentId = typeof intent === 'string' ? intent : intent?.id;
  const { order_id: orderId, refund_id: refundId } = refund.metadata ?? {};
  return {
    providerRefundId: refund.id,
    ...(paymentIntentId !== undefined && { paymentIntentId }),
    ...(orderId !== undefined && { orderId }),
    ...(refundId !== undefined && { refundId }),
    amount: fromStripeAmount(refund.amount, refund.currency),
  };
}
