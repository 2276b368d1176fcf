import Stripe from 'stripe';
import type { ChargeOutcome, ChargeRequest, PaymentReference } from '../../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../../contracts/ports/payment-provider.ts';
import { toStripeAmount } from './amounts.ts';
import { isStoredFault, ofKnownPayment, refusalCodeOf } from './errors.ts';
import { capture, hasCaptures } from './capture.ts';
import { outcomeOf, refusalOf } from './charge-outcome.ts';
import { createdSince } from './created-since.ts';
import { disputesOf } from './disputes.ts';
import { readPayments } from './read-payments.ts';
import { refund } from './refund.ts';

/** How many payments are searched (one page) while the idempotency key still prevents a second charge. */
const QUICK_SEARCH_LIMIT = 100;

export function createPaymentProvider(stripe: Stripe): PaymentProvider {
  return {
    async charge(request) {
      if (request.triedBefore) {
        const earlier = await findIntent(
          stripe,
          request,
          request.keyForgotten === true ? Infinity : QUICK_SEARCH_LIMIT,
        );
        if (earlier) return settle(stripe, request, earlier);
      }
      try {
        return outcomeOf(request.orderId, await createIntent(stripe, request));
      } catch (error) {
        const refusal = refusalOf(request.orderId, error);
        if (refusal) return refusal;
        if (!isStoredFault(error)) throw error;
        const earlier = await findIntent(stripe, request, Infinity);
        return earlier ? settle(stripe, request, earlier) : { orderId: request.orderId, status: 'none' };
      }
    },

    retrieve: (reference) => ofKnownPayment(() => retrieve(stripe, reference)),

    void: (reference) => ofKnownPayment(() => voidIntent(stripe, reference)),

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
 * Creates and confirms the PaymentIntent of a charge. With `capture: 'later'` the money is only authorised, for several captures if
 * Stripe offers multicapture. To an account without it, Stripe refuses the parameter (`payment_intent_invalid_parameter`), even with
 * `if_available`. Then the request is repeated without the parameter, under another idempotency key, because a key belongs to one body.
 * @see https://docs.stripe.com/payments/multicapture
 */
async function createIntent(stripe: Stripe, charge: ChargeRequest): Promise<Stripe.PaymentIntent> {
  const key = `order/${charge.orderId}/charge/${charge.attempt}`;
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

/**
 * Finds the PaymentIntent of this attempt among the newest `limit`. Also returns a PaymentIntent of another attempt that has captured or
 * authorised the order's money, except one that the shop has captured in part: this attempt was requested because that one was not
 * enough. Lists the payments, because a list has what was just written, while Stripe's search is up to a minute behind and would miss a
 * charge that has succeeded.
 * @see https://docs.stripe.com/search#data-freshness
 */
async function findIntent(
  stripe: Stripe,
  charge: ChargeRequest,
  limit: number,
): Promise<Stripe.PaymentIntent | undefined> {
  const attempt = String(charge.attempt);
  let found: Stripe.PaymentIntent | undefined;
  let seen = 0;
  for await (const intent of stripe.paymentIntents.list({
    created: createdSince(Date.parse(charge.placedAt)),
    limit: 100,
    ...(charge.capture === 'later' && { expand: ['data.latest_charge'] }),
  })) {
    if (intent.metadata['order_id'] === charge.orderId) {
      const ofThisAttempt = intent.metadata['attempt'] === attempt;
      const hasMoney = intent.status === 'succeeded' || intent.status === 'requires_capture';
      if (hasMoney && (ofThisAttempt || !hasCaptures(intent))) return intent;
      if (ofThisAttempt) found = intent;
    }
    seen += 1;
    if (seen >= limit) break;
  }
  return found;
}

/** Returns the outcome of an earlier attempt. Voids a PaymentIntent that was never confirmed, so that it moves no money later. */
async function settle(
  stripe: Stripe,
  charge: ChargeRequest,
  intent: Stripe.PaymentIntent,
): Promise<ChargeOutcome> {
  if (intent.status !== 'requires_confirmation') return outcomeOf(charge.orderId, intent);
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
async function voidIntent(stripe: Stripe, reference: PaymentReference): Promise<ChargeOutcome> {
  const { orderId, paymentIntentId } = reference;
  try {
    return outcomeOf(orderId, await stripe.paymentIntents.cancel(paymentIntentId));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    const now = await retrieve(stripe, reference);
    if (now.status === 'authorized' && now.captured > 0) {
      const releaseRest = { amount_to_capture: 0, final_capture: true };
      return outcomeOf(orderId, await stripe.paymentIntents.capture(paymentIntentId, releaseRest));
    }
    if (now.status !== 'succeeded' && now.status !== 'cancelled') throw error;
    return now;
  }
}
