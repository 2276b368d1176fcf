import { Problem } from '../contracts/errors.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { applyDisputeEvent, type DisputeEvent, type DisputeEventParts } from './dispute-event.ts';
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
 *
 * @throws {Problem} `invalid_request` for an id that Stripe cannot have made
 */
export async function applyStripeEvent(
  parts: PaymentEventParts & DisputeEventParts & { chargeRules: ChargeRules },
  event: StripeEvent,
): Promise<string | undefined> {
  requireStripeEvent(event);
  const dispute = disputeOf(event);
  if (dispute) return applyDisputeEvent(parts, dispute);
  const returned = returnedRefundOf(event);
  if (returned) {
    await applyReturnedRefund(parts, returned);
    return returned.orderId;
  }
  const payment = eventOf(event, parts.chargeRules);
  return payment && applyPaymentEvent(parts, payment);
}

/** Checks the ids of an event. @throws {Problem} as {@link applyStripeEvent} */
export function requireStripeEvent(event: StripeEvent): void {
  if (disputeOf(event)) return;
  const returned = returnedRefundOf(event);
  if (returned) requireIds(returned.paymentIntentId, returned.providerRefundId, returned.refundId);
  else requireIds(eventOf(event)?.paymentIntentId);
}

/** Stripe's ids, and ours in its metadata: short and of printable ASCII. */
const ID = /^[\x21-\x7e]{1,255}$/;

/** An event by message is not verified, and no other text can be looked up in PostgreSQL or be part of the id of a workflow. */
function requireIds(...ids: readonly (string | undefined)[]): void {
  if (ids.every((id) => id === undefined || ID.test(id))) return;
  throw new Problem('invalid_request', 'The event has an id that Stripe cannot have made.', {
    errors: [{ field: 'data.object', message: 'has an id that is not 1 to 255 printable ASCII characters' }],
  });
}

/**
 * The order that an event names; `undefined` for an event that {@link applyStripeEvent} ignores, and for one that only PostgreSQL can
 * tell the order of.
 */
export const orderIdOfStripeEvent = (event: StripeEvent): string | undefined =>
  (returnedRefundOf(event) ?? eventOf(event))?.orderId;

/** Without `rules` the amounts stay in Stripe's units. */
const eventOf = (event: StripeEvent, rules?: Conversion): PaymentEvent | undefined =>
  paymentEventOf(event, rules) ?? refundEventOf(event, rules);

type Conversion = Pick<ChargeRules, 'toMinorUnits'>;

/** Stripe's statuses in which a payment may still take money, without a request of this service. */
const OPEN_STATUSES: readonly unknown[] = ['requires_action', 'processing'];

/**
 * What an event says about the payment of an order; `undefined` for every other event. `payment_intent.created` is left out
 * since the workflow has created the payment itself.
 */
function paymentEventOf({ type, data }: StripeEvent, rules?: Conversion): PaymentEvent | undefined {
  if (!type.startsWith('payment_intent.') || type === 'payment_intent.created') return undefined;
  const {
    id,
    status,
    currency,
    amount_received: received,
    amount_capturable: capturable,
    metadata,
  } = membersOf(data.object);
  const orderId = membersOf(metadata)['order_id'];
  if (typeof id !== 'string' || typeof orderId !== 'string') return undefined;
  return {
    type,
    orderId,
    paymentIntentId: id,
    says:
      typeof received === 'number' && typeof capturable === 'number'
        ? {
            of: 'payment',
            captured: amountOf(received, currency, rules),
            capturable: amountOf(capturable, currency, rules),
            isOpen: OPEN_STATUSES.includes(status),
          }
        : { of: 'change' },
  };
}

/**
 * What an event says about the refunds of a payment; `undefined` for every other event. A refund that somebody has made in the dashboard
 * names no order.
 * @see https://docs.stripe.com/api/events/types
 */
function refundEventOf({ type, data }: StripeEvent, rules?: Conversion): PaymentEvent | undefined {
  const {
    id,
    payment_intent: intent,
    metadata,
    status,
    currency,
    amount,
    amount_refunded: refunded,
  } = membersOf(data.object);
  const paymentIntentId = typeof intent === 'string' ? intent : membersOf(intent)['id'];
  if (typeof id !== 'string' || typeof paymentIntentId !== 'string') return undefined;
  const { order_id: orderId, refund_id: refundId } = membersOf(metadata);
  const event = { type, paymentIntentId, ...(typeof orderId === 'string' && { orderId }) };
  if (type === 'charge.refunded')
    return { ...event, says: { of: 'refunds', refunded: amountOf(refunded, currency, rules) } };
  const hasFailed = FAILED_REFUNDS.includes(status);
  if (type !== 'refund.created' && type !== 'refund.updated' && !(type === 'refund.failed' && hasFailed))
    return undefined;
  if (typeof refundId === 'string') return { ...event, says: { of: 'refund', id: refundId } };
  // This service has made it: only the reversal of a payment has no id of its own.
  if (typeof orderId === 'string')
    return { ...event, says: { of: 'reversal', amount: amountOf(amount, currency, rules) } };
  return { ...event, says: { of: 'refund', id, ...(hasFailed && { hasFailed }) } };
}

/** Stripe's statuses of a refund whose money is back with the shop. */
const FAILED_REFUNDS: readonly unknown[] = ['failed', 'canceled'];

/**
 * What an event says about a refund of ours that has failed, perhaps days after it succeeded; `undefined` for every
 * other event. Stripe sends two events for it, `refund.updated` and `refund.failed`.
 * @see https://docs.stripe.com/refunds#failed-refunds
 */
export function returnedRefundOf({ type, data }: StripeEvent): ReturnedRefundEvent | undefined {
  if (type !== 'refund.updated' && type !== 'refund.failed') return undefined;
  const { id, status, metadata, payment_intent: intent } = membersOf(data.object);
  if (!FAILED_REFUNDS.includes(status)) return undefined;
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

/**
 * The payment that an event of a dispute is about; `undefined` for every other event, and for a charge without a PaymentIntent, which is
 * not ours. Stripe sends `charge.dispute.created`, `.updated`, `.closed`, `.funds_withdrawn` and `.funds_reinstated`.
 * @see https://docs.stripe.com/api/events/types#event_types-charge.dispute.created
 */
export function disputeOf({ type, data }: StripeEvent): DisputeEvent | undefined {
  if (!type.startsWith('charge.dispute.')) return undefined;
  const { payment_intent: intent } = membersOf(data.object);
  const paymentIntentId = typeof intent === 'string' ? intent : membersOf(intent)['id'];
  return typeof paymentIntentId === 'string' && PAYMENT_INTENT_ID.test(paymentIntentId)
    ? { paymentIntentId }
    : undefined;
}

/** It becomes part of the id of a workflow. An event by message is not verified. */
const PAYMENT_INTENT_ID = /^pi_[A-Za-z0-9_]{1,250}$/;

/** Minor units of an amount of Stripe; 0 where the event has none. */
const amountOf = (amount: unknown, currency: unknown, rules?: Conversion): number => {
  if (typeof amount !== 'number' || typeof currency !== 'string') return 0;
  return rules ? rules.toMinorUnits(amount, currency) : amount;
};

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
