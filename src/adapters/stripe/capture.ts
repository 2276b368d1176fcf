import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import type { CaptureOutcome, CaptureRequest } from '../../contracts/temporal/checkout.ts';
import { isStoredFault, refusalCodeOf } from './answers.ts';

/** A fault that is stored takes one key; Stripe forgets it within a day. */
const MAX_KEYS = 500;
/** Stripe's limit for the name of a metadata key, in characters (docs.stripe.com/metadata). */
const METADATA_NAME_LENGTH = 40;
/** Begins the metadata key by which a capture is found again. */
const MARK = 'capture_';
/** How Stripe says that the authorisation has ended where the PaymentIntent does not show it yet. */
const EXPIRED_CODES = ['charge_expired_for_capture', 'capture_charge_authorization_expired'];

/**
 * Takes money that was authorised, once for each `captureId`, for ever: the capture writes its id into the PaymentIntent's
 * metadata, and is looked for there before it is made, so that it is found again when Stripe has forgotten its key. Stripe
 * merges metadata by key, so that one capture does not wipe out another, and takes 50 captures of a payment at most.
 *
 * A capture that is not final needs an account and a card with multicapture; without, it is `refused`, and nothing is
 * taken. Throws where it is not known what became of it.
 * @see https://docs.stripe.com/payments/multicapture
 */
export async function capture(stripe: Stripe, request: CaptureRequest): Promise<CaptureOutcome> {
  const { orderId, paymentIntentId, captureId, amount, final } = request;
  const mark = markOf(captureId);
  let refusal: CaptureOutcome | undefined;
  for (let number = 1; number <= MAX_KEYS; number += 1) {
    const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
    if (intent.metadata[mark] !== undefined) return capturedOf(orderId, intent);
    // With nothing captured it ends as `canceled`, with something as `succeeded`.
    if (intent.status === 'canceled' || intent.status === 'succeeded') return { orderId, status: 'expired' };
    if (refusal) return refusal;
    try {
      const after = await stripe.paymentIntents.capture(
        paymentIntentId,
        { amount_to_capture: amount, final_capture: final, metadata: { [mark]: String(amount) } },
        { idempotencyKey: keyOf(request, number) },
      );
      return capturedOf(orderId, after);
    } catch (error) {
      // Another number only where this key can never do anything any more.
      if (isStoredFault(error)) continue;
      refusal = refusalOf(orderId, error);
      if (!refusal) throw error;
    }
  }
  throw new Error('The provider has stored a fault for every capture that was asked for');
}

/** Whether the shop has captured some of this payment with `capture`. */
export const hasCaptures = ({ metadata }: Stripe.PaymentIntent): boolean =>
  Object.keys(metadata).some((name) => name.startsWith(MARK));

const capturedOf = (orderId: string, intent: Stripe.PaymentIntent): CaptureOutcome => ({
  orderId,
  status: 'captured',
  captured: intent.amount_received,
  capturable: intent.amount_capturable,
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

/** The metadata key of a capture: its id, or the beginning of its SHA-256 if Stripe would find that too long. */
function markOf(captureId: string): string {
  const name = `${MARK}${captureId}`;
  if (name.length <= METADATA_NAME_LENGTH) return name;
  const hash = createHash('sha256').update(captureId).digest('hex');
  return `${MARK}${hash}`.slice(0, METADATA_NAME_LENGTH);
}
