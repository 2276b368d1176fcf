import Stripe from 'stripe';
import { Problem } from '../../contracts/errors.ts';
import type { StripeEvent } from '../../orders/stripe-event.ts';

/** Seconds. The tolerance of Stripe's own client, which applies it to signatures of the past only. */
const TOLERANCE_SECONDS = 300;

/**
 * Verifies the signature of a webhook with Stripe's own client. The signature covers the exact bytes of the body and a time, which must
 * not be more than five minutes from now: a later time would let whoever has a copy of the webhook replay it until then.
 *
 * @throws {Problem} `invalid_signature`; `invalid_request` if the body is signed and is no event
 */
export function verifiedStripeEvent(
  body: Buffer,
  signature: string | undefined,
  secret: string,
): StripeEvent {
  let event: unknown;
  try {
    event = Stripe.webhooks.constructEvent(body, signature ?? '', secret, TOLERANCE_SECONDS);
  } catch (error) {
    // After the signature is verified, Stripe's client fails with other errors, for example if the body is not JSON.
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw notAnEvent(error);
    // The message of Stripe's error repeats the body.
    throw invalidSignature('The body does not match its Stripe-Signature, or is too old.', error);
  }
  if (signedAt(signature) > Date.now() / 1_000 + TOLERANCE_SECONDS)
    throw invalidSignature('The time of the Stripe-Signature is in the future.');
  if (!isEvent(event)) throw notAnEvent();
  return event;
}

/** The time of a verified signature, `t=1700000000,v1=…`, in seconds. As in Stripe's client, the last one counts. */
const signedAt = (signature = ''): number =>
  Number(/.*(?:^|,)t=(\d+)/s.exec(signature)?.[1] ?? Number.POSITIVE_INFINITY);

const isEvent = (value: unknown): value is StripeEvent =>
  isRecord(value) &&
  typeof value['type'] === 'string' &&
  isRecord(value['data']) &&
  isRecord(value['data']['object']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalidSignature = (detail: string, cause?: unknown): Problem =>
  new Problem('invalid_signature', detail, {
    errors: [{ field: 'Stripe-Signature', message: 'is not valid' }],
    cause,
  });

const notAnEvent = (cause?: unknown): Problem =>
  new Problem('invalid_request', 'The body is not an event of Stripe: it needs a type and data.object.', {
    cause,
  });
