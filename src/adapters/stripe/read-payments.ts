import type Stripe from 'stripe';
import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import type {
  KnownPayments,
  ProviderPaymentState,
  ProviderRefundState,
} from '../../contracts/temporal/reconciliation.ts';
import { fromStripeAmount } from './amounts.ts';
import { hasMade } from './capture.ts';
import { captureBeforeOf } from './charge-outcome.ts';
import { isMissing } from './errors.ts';
import { hasFailed, refundsOf } from './refund.ts';

/**
 * Reads the PaymentIntents of an order with their refunds. Stripe's search finds those that are not known, such as one whose answer was
 * lost; it is up to a minute behind, and what is newer comes by a webhook.
 * @see https://docs.stripe.com/search#data-freshness
 */
export async function readPayments(
  stripe: Stripe,
  { orderId, paymentIntentIds, captureIds }: KnownPayments,
): Promise<ProviderPaymentState[]> {
  const ids = new Set(paymentIntentIds);
  const query = `metadata['order_id']:'${orderId}'`;
  for await (const { id } of stripe.paymentIntents.search({ query, limit: 100 })) ids.add(id);
  const states: ProviderPaymentState[] = [];
  for (const id of ids) {
    const state = await readPayment(stripe, { orderId, paymentIntentId: id }, captureIds);
    if (state) states.push(state);
  }
  return states;
}

async function readPayment(
  stripe: Stripe,
  { orderId, paymentIntentId }: PaymentReference,
  captureIds: readonly string[] | undefined,
): Promise<ProviderPaymentState | undefined> {
  let intent: Stripe.PaymentIntent;
  try {
    intent = await stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const captureBefore = captureBeforeOf(intent);
  const refunds = intent.amount_received > 0 ? await refundsOf(stripe, paymentIntentId) : [];
  const failed = refunds
    .filter((each) => hasFailed(each) && each.metadata?.['order_id'] === undefined)
    .map(({ id }) => id);
  const returned = returnedOf(refunds);
  return {
    orderId,
    paymentIntentId,
    status: statusOf(intent),
    amount: fromStripeAmount(intent.amount, intent.currency),
    captured: fromStripeAmount(intent.amount_received, intent.currency),
    capturable: fromStripeAmount(intent.amount_capturable, intent.currency),
    ...(intent.cancellation_reason === 'automatic' && { expired: true }),
    ...(captureBefore !== undefined && { captureBefore }),
    refunds: refunds.filter((each) => !hasFailed(each)).map(toState),
    ...(failed.length > 0 && { failedRefunds: failed }),
    ...(returned.length > 0 && { returnedRefunds: returned }),
    ...(captureIds && { captures: Object.fromEntries(captureIds.map((id) => [id, hasMade(intent, id)])) }),
  };
}

/** The ids of the refunds of this service that have failed, and were not made again. */
function returnedOf(refunds: Stripe.Refund[]): string[] {
  const idsOf = (some: Stripe.Refund[]) => some.flatMap(({ metadata }) => metadata?.['refund_id'] ?? []);
  const made = new Set(idsOf(refunds.filter((each) => !hasFailed(each))));
  return [...new Set(idsOf(refunds.filter(hasFailed)))].filter((id) => !made.has(id));
}

/** @see https://docs.stripe.com/payments/paymentintents/lifecycle */
function statusOf({ status }: Stripe.PaymentIntent): NonNullable<ProviderPaymentState['status']> {
  switch (status) {
    case 'succeeded':
      return 'succeeded';
    case 'requires_capture':
      return 'authorized';
    case 'canceled':
      return 'cancelled';
    case 'processing':
    case 'requires_action':
    case 'requires_confirmation':
    case 'requires_payment_method':
    default:
      return 'open';
  }
}

function toState({ id, amount, currency, metadata }: Stripe.Refund): ProviderRefundState {
  const { order_id: orderId, refund_id: refundId } = metadata ?? {};
  return {
    providerRefundId: id,
    ...(refundId !== undefined && { refundId }),
    ...(orderId !== undefined && { ours: true }),
    amount: fromStripeAmount(amount, currency),
  };
}
