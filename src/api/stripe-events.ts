import Stripe from 'stripe';
import { Problem } from '../contracts/errors.ts';
import type { PaymentNews } from '../orders/payment-webhook.ts';
import type { ReturnedRefundNews } from '../orders/returned-refund.ts';

/**
 * Checks the signature of a webhook with Stripe's own client: over the very bytes, and not older than five minutes, so
 * that it cannot be replayed later.
 *
 * @throws {Problem} `invalid_signature`
 */
export function verifiedStripeEvent(
  body: Buffer,
  signature: string | undefined,
  secret: string,
): Stripe.Event {
  try {
    return Stripe.webhooks.constructEvent(body, signature ?? '', secret);
  } catch (error) {
    // Its message repeats the body; a body that is signed and still no JSON fails in the same way.
    throw new Problem('invalid_signature', 'The body does not match its Stripe-Signature, or is too old.', {
      errors: [{ field: 'Stripe-Signature', message: 'is not valid' }],
      cause: error,
    });
  }
}

/** What an event says of a payment of ours; `undefined` for every other event. `created` tells the workflow nothing. */
export function paymentNewsOf({ type, data }: Stripe.Event): PaymentNews | undefined {
  if (!type.startsWith('payment_intent.') || type === 'payment_intent.created') return undefined;
  const intent: unknown = data.object;
  if (!isPaymentIntent(intent)) return undefined;
  const orderId = intent.metadata?.['order_id'];
  if (orderId === undefined) return undefined;
  const moneyMoved = intent.status === 'succeeded' || (intent.amount_received ?? 0) > 0;
  return { type, orderId, paymentIntentId: intent.id, moneyMoved };
}

/**
 * What an event says of a refund of ours that has failed, perhaps days after it succeeded; `undefined` for every other
 * event. Stripe tells of it twice, by `refund.updated` and by `refund.failed`.
 * @see https://docs.stripe.com/refunds#failed-refunds
 */
export function returnedRefundOf({ type, data }: Stripe.Event): ReturnedRefundNews | undefined {
  if (type !== 'refund.updated' && type !== 'refund.failed') return undefined;
  const { id, status, metadata, payment_intent: intent } = data.object;
  if (status !== 'failed' && status !== 'canceled') return undefined;
  const orderId = metadata?.['order_id'];
  const refundId = metadata?.['refund_id'];
  const paymentIntentId = typeof intent === 'string' ? intent : intent?.id;
  if (orderId === undefined || paymentIntentId === undefined) return undefined;
  return { orderId, paymentIntentId, providerRefundId: id, ...(refundId !== undefined && { refundId }) };
}

interface PaymentIntent {
  id: string;
  status?: string;
  amount_received?: number;
  metadata?: Record<string, string>;
}

const isPaymentIntent = (value: unknown): value is PaymentIntent =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
