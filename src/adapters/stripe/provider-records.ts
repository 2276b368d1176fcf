import type Stripe from 'stripe';
import type {
  DisputeRecord,
  ProviderPayment,
  ProviderRecords,
  ProviderRefund,
  RecordPage,
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
    payments: (since, from) =>
      pagesOf(
        (page) => stripe.paymentIntents.list({ ...page, ...createdFrom(since) }, WITH_RETRIES),
        toPayment,
        from,
      ),

    refunds: (since, from) =>
      pagesOf(
        (page) => stripe.refunds.list({ ...page, ...createdFrom(since) }, WITH_RETRIES),
        toRefund,
        from,
      ),

    disputes: (since, from) =>
      pagesOf(
        (page) => stripe.disputes.list({ ...page, ...createdFrom(since) }, WITH_RETRIES),
        toDisputeRecord,
        from,
      ),

    async find(paymentIntentId) {
      try {
        const intent = await stripe.paymentIntents.retrieve(paymentIntentId, {}, WITH_RETRIES);
        const refunds: ProviderRefund[] = [];
        const listed = pagesOf(
          (page) => stripe.refunds.list({ ...page, payment_intent: paymentIntentId }, WITH_RETRIES),
          toRefund,
        );
        for await (const { records } of listed) refunds.push(...records);
        const disputes: DisputeRecord[] = [];
        const disputed = pagesOf(
          (page) => stripe.disputes.list({ ...page, payment_intent: paymentIntentId }, WITH_RETRIES),
          toDisputeRecord,
        );
        for await (const { records } of disputed) disputes.push(...records);
        return { payment: toPayment(intent), refunds, disputes };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

const createdFrom = (since: Date): { created: Stripe.RangeQueryParam } => ({
  created: createdSince(since.getTime()),
});

/** Requests each page while the one before it is used. */
async function* pagesOf<T extends { id: string }, R>(
  list: (page: Stripe.PaginationParams) => Promise<Stripe.ApiList<T>>,
  convert: (item: T) => R | undefined,
  from?: string,
): AsyncIterable<RecordPage<R>> {
  const request = (after: string | undefined): Promise<Stripe.ApiList<T>> => {
    const page = list({ limit: PAGE_SIZE, ...(after !== undefined && { starting_after: after }) });
    // If nobody asks for this page any more, its failure is nobody's concern.
    page.catch(() => undefined);
    return page;
  };
  let requested: Promise<Stripe.ApiList<T>> | undefined = request(from);
  while (requested) {
    const { data, has_more }: Stripe.ApiList<T> = await requested;
    const next: string | undefined = has_more ? data.at(-1)?.id : undefined;
    requested = next === undefined ? undefined : request(next);
    const records = data.flatMap((item) => convert(item) ?? []);
    yield { records, ...(next !== undefined && { next }) };
  }
}

function toPayment(intent: Stripe.PaymentIntent): ProviderPayment {
  const orderId = intent.metadata['order_id'];
  return {
    paymentIntentId: intent.id,
    ...(orderId !== undefined && { orderId }),
    status: intent.status,
    currency: intent.currency.toUpperCase(),
    amount: fromStripeAmount(intent.amount, intent.currency),
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
