import { applyPaymentEvent, type PaymentEvent, type PaymentEventParts } from './payment-event.ts';
import { applyReturnedRefund, type ReturnedRefundEvent } from './returned-refund.ts';

/** The fields of an event of Stripe that are used here. Its object has not been validated. */
export interface StripeEvent {
  type: string;
  data: { object: unknown };
}

/**
 * Applies an event of Stripe to the order that it is about; every other event is ignored. Returns the id of that order when
 * the event has been dealt with. Safe to run twice. If it throws, the event must be sent again.
 */
export async function applyStripeEvent(
  parts: PaymentEventParts,
  event: StripeEvent,
): Promise<string | undefined> {
  const payment = paymentEventOf(event);
  if (payment) await applyPaymentEvent(parts, payment);
  const refund = returnedRefundOf(event);
  if (refund) await applyReturnedRefund(parts, refund);
  return (payment ?? refund)?.orderId;
}

/** The order that an event is about; `undefined` for an event that {@link applyStripeEvent} ignores. */
export const orderIdOfStripeEvent = (event: StripeEvent): string | undefined =>
  (paymentEventOf(event) ?? returnedRefundOf(event))?.orderId;

/**
 * What an event says about the payment of an order; `undefined` for every other event. `payment_intent.created` is left out
 * since the workflow has created the payment itself.
 */
function paymentEventOf({ type, data }: StripeEvent): PaymentEvent | undefined {
  if (!type.startsWith('payment_intent.') || type === 'payment_intent.created') return undefined;
  const { id, status, amount_received: received, metadata } = membersOf(data.object);
  const orderId = membersOf(metadata)['order_id'];
  if (typeof id !== 'string' || typeof orderId !== 'string') return undefined;
  const moneyMoved = status === 'succeeded' || (typeof received === 'number' && received > 0);
  return { type, orderId, paymentIntentId: id, moneyMoved };
}

/**
 * What an event says about a refund of an order that has failed, perhaps days after it succeeded; `undefined` for every
 * other event. Stripe sends two events for it, `refund.updated` and `refund.failed`.
 * @see https://docs.stripe.com/refunds#failed-refunds
 */
export function returnedRefundOf({ type, data }: StripeEvent): ReturnedRefundEvent | undefined {
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
