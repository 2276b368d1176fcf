import { createHmac } from 'node:crypto';

/**
 * Returns the `Stripe-Signature` header: an HMAC-SHA256 of `time.payload` (docs.stripe.com/webhooks/signature).
 *
 * @param now Unix milliseconds
 */
export function signatureOf(payload: string, secret: string, now: number): string {
  const time = Math.floor(now / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${payload}`).digest('hex')}`;
}
