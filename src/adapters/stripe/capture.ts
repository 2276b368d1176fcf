import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import type { CaptureOutcome, CaptureRequest } from '../../contracts/temporal/checkout.ts';
import { fromStripeAmount, toStripeAmount } from './amounts.ts';
import { isStoredFault, isUsedForOther, refusalCodeOf } from './errors.ts';

/** Each stored error, and each change of the amount, uses up one key. Stripe deletes the keys within a day. */
const MAX_KEYS = 500;
/** Stripe's limit for the name of a metadata key, in characters (docs.stripe.com/metadata). */
const METADATA_NAME_LENGTH = 40;
/** The prefix of the metadata key that marks a capture. */
const METADATA_PREFIX = 'capture_';
/** Stripe's codes for an expired authorisation, when the PaymentIntent does not show it yet. */
const EXPIRED_CODES = ['charge_expired_for_capture', 'capture_charge_authorization_expired'];

/**
 * Captures authorised money exactly once for each `captureId`. The capture writes its id into the PaymentIntent's metadata, and the
 * metadata is searched before each attempt, so that the capture is found after Stripe has deleted its idempotency key. Stripe merges
 * metadata by key, so captures do not overwrite one another, and allows 50 captures of a payment.
 *
 * An authorisation that somebody else has captured or released is `ended`; only one that has run out is `expired`, and may be renewed.
 *
 * A capture that is not final needs an account and a card with multicapture; otherwise it is `refused` and nothing is captured.
 * @see https://docs.stripe.com/payments/multicapture
 *
 * @throws if the outcome is unknown
 */
export async function capture(stripe: Stripe, request: CaptureRequest): Promise<CaptureOutcome> {
  const { orderId, paymentIntentId, captureId, amount, final } = request;
  let refusal: CaptureOutcome | undefined;
  for (let number = 1; number <= MAX_KEYS; number += 1) {
    const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
    if (hasMade(intent, captureId)) return capturedOf(orderId, intent);
    if (intent.status === 'canceled' || intent.status === 'succeeded')
      return hasExpired(intent)
        ? { orderId, status: 'expired' }
        : {
            orderId,
            status: 'ended',
            captured: fromStripeAmount(intent.amount_received, intent.currency),
          };
    if (refusal) return refusal;
    try {
      const after = await stripe.paymentIntents.capture(
        paymentIntentId,
        {
          amount_to_capture: toStripeAmount(amount, intent.currency),
          final_capture: final,
          metadata: { [metadataKeyOf(captureId)]: String(amount) },
        },
        { idempotencyKey: keyOf(request, number) },
      );
      return capturedOf(orderId, after);
    } catch (error) {
      // The next key may be used only if this one can never capture anything.
      if (isStoredFault(error) || isUsedForOther(error)) continue;
      refusal = refusalOf(orderId, error);
      if (!refusal) throw error;
    }
  }
  throw new Error(`The payment provider stored an error for each of ${MAX_KEYS} attempts to capture`);
}

/** Whether this capture was made. */
export const hasMade = ({ metadata }: Stripe.PaymentIntent, captureId: string): boolean =>
  metadata[metadataKeyOf(captureId)] !== undefined;

/** Whether some of this payment was captured with {@link capture}. */
export const hasCaptures = ({ metadata }: Stripe.PaymentIntent): boolean =>
  Object.keys(metadata).some((name) => name.startsWith(METADATA_PREFIX));

/**
 * Whether Stripe has ended the authorisation because its time was over, and not a person in the dashboard or another system.
 * @see https://docs.stripe.com/payments/paymentintents/lifecycle
 */
const hasExpired = ({
  status,
  cancellation_reason: reason,
  amount_received: received,
}: Stripe.PaymentIntent): boolean => status === 'canceled' && reason === 'automatic' && received === 0;

const capturedOf = (orderId: string, intent: Stripe.PaymentIntent): CaptureOutcome => ({
  orderId,
  status: 'captured',
  captured: fromStripeAmount(intent.amount_received, intent.currency),
  capturable: fromStripeAmount(intent.amount_capturable, intent.currency),
});

function refusalOf(orderId: string, error: unknown): CaptureOutcome | undefined {
  const code = refusalCodeOf(error);
  if (code === undefined) return undefined;
  return EXPIRED_CODES.includes(code) ? { orderId, status: 'expired' } : { orderId, status: 'refused', code };
}

function keyOf({ orderId, captureId }: CaptureRequest, number: number): string {
  const key = `order/${orderId}/capture/${captureId}`;
  return number === 1 ? key : `${key}/${number}`;
}

/** Returns the metadata key of a capture: its id, or the start of the id's SHA-256 if the id is too long for Stripe. */
function metadataKeyOf(captureId: string): string {
  const name = `${METADATA_PREFIX}${captureId}`;
  if (name.length <= METADATA_NAME_LENGTH) return name;
  const hash = createHash('sha256').update(captureId).digest('hex');
  return `${METADATA_PREFIX}${hash}`.slice(0, METADATA_NAME_LENGTH);
}
