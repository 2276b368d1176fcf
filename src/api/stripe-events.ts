import Stripe from 'stripe';
import { Problem } from '../contracts/errors.ts';

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
