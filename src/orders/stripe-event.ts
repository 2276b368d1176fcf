import type { PaymentEvent } from './payment-event.ts';
import type { ReturnedRefundEvent } from './returned-refund.ts';

/** An event of Stripe as far as it matters here. What is in it has been checked by nobody. */
export interface StripeNews {
  type: string;
  data: { object: unknown };
}

/** What an event says of a payment of ours; `undefined` for every other event. `created` tells the workflow nothing. */
export function paymentEventOf({ type, data }: StripeNews): PaymentEvent | undefined {
  if (!type.startsWith('payment_intent.') || type === 'payment_intent.created') return undefined;
  const { id, status, amount_received: received, metadata } = membersOf(data.object);
  const orderId = membersOf(metadata)['order_id'];
  if (typeof id !== 'string' || typeof orderId !== 'string') return undefined;
  const moneyMoved = status === 'succeeded' || (typeof received === 'number' && received > 0);
  return { type, orderId, paymentIntentId: id, moneyMoved };
}

/**
 * What an event says of a refund of ours that has failed, perhaps days after it succeeded; `undefined` for every other
 * event. Stripe tells of it twice, by `refund.updated` and by `refund.failed`.
 * @see https://docs.stripe.com/refunds#failed-refunds
 */
export function returnedRefundOf({ type, data }: StripeNews): ReturnedRefundEvent | undefined {
  if (type !== 'refund.updated' && type !== 'refund.failed') return undefined;
  const { id, status, metadata, payment_intent: intent } = membersOf(data.object);
  if (status !== 'failed' && status !== 'canceled') return undefined;
  const { order_id: orderId, refund_id: refundId } = membersOf(metadata);
  const paymentIntentId = typeof intent === 'string' ? intent : membersOf(intent)['id'];
  if (typeof id !== 'string' || typeof orderId !== 'string' || typeof paymentIntentId !== 'string')
    return undefined;
  return {
    orderId,
    paymentIntentId,
    providerRefundId: id,
    ...(typeof refundId === 'string' && { refundId }),
  };
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
