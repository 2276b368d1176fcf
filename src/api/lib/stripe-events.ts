import Stripe from 'stripe';
import { Problem } from '../../contracts/errors.ts';

/**
 * Verifies the signature of a webhook with Stripe's own client. The signature covers the exact bytes of the body, and must
 * not be older than five minutes, so that the webhook cannot be replayed later.
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
    // The message of Stripe's error repeats the body. A body that is signed but is not JSON fails in the same way.
    throw new Problem('invalid_signature', 'The body does not match its Stripe-Signature, or is too old.', {
      errors: [{ field: 'Stripe-Signature', message: 'is not valid' }],
      cause: error,
    });
  }
}
