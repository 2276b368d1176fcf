import Stripe from 'stripe';
import type {
  ChargeOutcome,
  ChargeRequest,
  PaymentReference,
  VoidRequest,
} from '../../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../../contracts/ports/payment-provider.ts';
import { toStripeAmount } from './amounts.ts';
import { isReplayed, isStoredFault, ofKnownPayment, refusalCodeOf } from './errors.ts';
import { capture } from './capture.ts';
import {
  CANCELLATION_REASONS,
  earlierOutcomeOf,
  outcomeOf,
  refusalOf,
  shopRefusalOf,
} from './charge-outcome.ts';
import { disputesOf } from './disputes.ts';
import { findEarlierPayment, findFailedPayment } from './find-payment.ts';
import { readPayments } from './read-payments.ts';
import { refund } from './refund.ts';

/** Each stored refusal uses up one key. Stripe deletes the keys within a day. */
const MAX_KEYS = 500;

export function createPaymentProvider(stripe: Stripe): PaymentProvider {
  return {
    async charge(request) {
      const { orderId } = request;
      const earlier = await findEarlierPayment(stripe, request);
      if (earlier) return settle(stripe, request, earlier);
      try {
        return outcomeOf(orderId, await createIntent(stripe, request));
      } catch (error) {
        const refusal = refusalOf(orderId, error);
        if (refusal) return refusal;
        if (!isStoredFault(error)) throw shopRefusalOf(error) ?? error;
        const failed = await findFailedPayment(stripe, request);
        return failed ? settle(stripe, request, failed) : { orderId, status: 'none' };
      }
    },

    retrieve: (reference) => ofKnownPayment(() => retrieve(stripe, reference)),

    void: (request) => ofKnownPayment(() => voidIntent(stripe, request)),

    capture: (request) => ofKnownPayment(() => capture(stripe, request)),

    refund: (request) => ofKnownPayment(() => refund(stripe, request)),

    disputes: (paymentIntentId) => ofKnownPayment(() => disputesOf(stripe, paymentIntentId)),

    orderOf: (paymentIntentId) =>
      ofKnownPayment(
        async () => (await stripe.paymentIntents.retrieve(paymentIntentId)).metadata['order_id'],
      ),

    readPayments: (order) => readPayments(stripe, order),
  };
}

/** Authorises only. The response includes the charge, which says when the authorisation expires. */
const AUTHORIZE: Partial<Stripe.PaymentIntentCreateParams> = {
  capture_method: 'manual',
  expand: ['latest_charge'],
};
const AUTHORIZE_FOR_MULTICAPTURE: Partial<Stripe.PaymentIntentCreateParams> = {
  ...AUTHORIZE,
  payment_method_options: { card: { request_multicapture: 'if_available' } },
};

/**
 * Creates and confirms the PaymentIntent of a charge. Where Stripe has stored a refusal under the key that the shop has to correct, the key
 * can never charge anything: the request is repeated with the next one, in case that it has been corrected since.
 */
async function createIntent(stripe: Stripe, charge: ChargeRequest): Promise<Stripe.PaymentIntent> {
  const first = `order/${charge.orderId}/charge/${charge.attempt}`;
  for (let number = 1; number <= MAX_KEYS; number += 1)
    try {
      return await createWithKey(stripe, charge, number === 1 ? first : `${first}/${number}`);
    } catch (error) {
      if (!isReplayed(error) || shopRefusalOf(error) === undefined) throw error;
    }
  throw new Error(`The payment provider stored a refusal for each of ${MAX_KEYS} attempts to charge`);
}

/**
 * Creates and confirms the PaymentIntent under this idempotency key. With `capture: 'later'` the money is only authorised, for several
 * captures if Stripe offers multicapture. To an account without it, Stripe refuses the parameter (`payment_intent_invalid_parameter`), even
 * with `if_available`. Then the request is repeated without the parameter, under another idempotency key, because a key belongs to one body.
 * @see https://docs.stripe.com/payments/multicapture
 */
async function createWithKey(
  stripe: Stripe,
  charge: ChargeRequest,
  key: string,
): Promise<Stripe.PaymentIntent> {
  const create = (idempotencyKey: string, more?: Partial<Stripe.PaymentIntentCreateParams>) =>
    stripe.paymentIntents.create(
      {
        amount: toStripeAmount(charge.amount, charge.currency),
        currency: charge.currency.toLowerCase(),
        payment_method: charge.paymentMethod,
        allowed_payment_method_types: ['card'],
        confirm: true,
        metadata: { order_id: charge.orderId, attempt: String(charge.attempt) },
        ...more,
      },
      { idempotencyKey },
    );
  if (charge.capture !== 'later') return create(key);
  try {
    return await create(key, AUTHORIZE_FOR_MULTICAPTURE);
  } catch (error) {
    if (refusalCodeOf(error) !== 'payment_intent_invalid_parameter') throw error;
    return create(`${key}/single-capture`, AUTHORIZE);
  }
}

/** Returns the outcome of an earlier attempt. Voids a PaymentIntent that was never confirmed, so that it moves no money later. */
async function settle(
  stripe: Stripe,
  charge: ChargeRequest,
  intent: Stripe.PaymentIntent,
): Promise<ChargeOutcome> {
  if (intent.status !== 'requires_confirmation') return earlierOutcomeOf(charge.orderId, intent);
  const voided = await voidIntent(stripe, { orderId: charge.orderId, paymentIntentId: intent.id });
  return voided.status === 'cancelled' ? { orderId: charge.orderId, status: 'none' } : voided;
}

/** Retrieves an authorisation a second time with its charge, which says when the authorisation expires. */
async function retrieve(
  stripe: Stripe,
  { orderId, paymentIntentId }: PaymentReference,
): Promise<ChargeOutcome> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
  if (intent.status !== 'requires_capture') return outcomeOf(orderId, intent);
  const expand = ['latest_charge'];
  return outcomeOf(orderId, await stripe.paymentIntents.retrieve(paymentIntentId, { expand }));
}

/**
 * Cancels a PaymentIntent without an idempotency key: cancelling twice has no further effect, while a key would replay an old error.
 * Stripe refuses to cancel a payment that has ended; then its state is the outcome. The rest of an authorisation that was captured in
 * part is released as Stripe documents it, by a final capture of zero; what was captured before stays captured.
 * @see https://docs.stripe.com/payments/multicapture
 */
async function voidIntent(
  stripe: Stripe,
  { orderId, paymentIntentId, ending }: VoidRequest,
): Promise<ChargeOutcome> {
  const params = ending && { cancellation_reason: CANCELLATION_REASONS[ending] };
  try {
    return outcomeOf(orderId, await stripe.paymentIntents.cancel(paymentIntentId, params));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    const now = await retrieve(stripe, { orderId, paymentIntentId });
    if (now.status === 'authorized' && now.captured > 0) {
      const releaseRest = { amount_to_capture: 0, final_capture: true };
      return outcomeOf(orderId, await stripe.paymentIntents.capture(paymentIntentId, releaseRest));
    }
    if (now.status !== 'succeeded' && now.status !== 'cancelled') throw error;
    return now;
  }
}
