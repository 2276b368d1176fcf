import Stripe from 'stripe';
import type { ChargeOutcome, ChargeRequest, PaymentReference } from '../../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../../contracts/ports/payment-provider.ts';
import { isStoredFault, refusalCodeOf } from './answers.ts';
import { capture, hasCaptures } from './capture.ts';
import { outcomeOf, refusalOf } from './charge-outcome.ts';
import { refund } from './refund.ts';

/** How far the clocks of ours and the provider's may be apart, in seconds. */
const CLOCK_SKEW_S = 300;
/** How many payments are looked through where the idempotency key stands behind the look-up anyway: a page. */
const QUICK_LOOK = 100;

export function createPaymentProvider(stripe: Stripe): PaymentProvider {
  return {
    async charge(request) {
      if (request.triedBefore) {
        const earlier = await findIntent(
          stripe,
          request,
          request.keyForgotten === true ? Infinity : QUICK_LOOK,
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

    retrieve: (reference) => retrieve(stripe, reference),

    void: (reference) => voidIntent(stripe, reference),

    capture: (request) => capture(stripe, request),

    refund: (request) => refund(stripe, request),
  };
}

/** Asks for the authorisation with the charge, which says when it ends by itself. */
const AUTHORIZE: Partial<Stripe.PaymentIntentCreateParams> = {
  capture_method: 'manual',
  expand: ['latest_charge'],
};
const AUTHORIZE_FOR_PARTS: Partial<Stripe.PaymentIntentCreateParams> = {
  ...AUTHORIZE,
  payment_method_options: { card: { request_multicapture: 'if_available' } },
};

/**
 * With `capture: 'later'` the money is only authorised, to be captured in parts where Stripe offers that. An account
 * without multicapture is refused for asking (`payment_intent_invalid_parameter`), `if_available` or not; it is then
 * asked for no more than an authorisation, under a key of its own, since a key stands for one body.
 * @see https://docs.stripe.com/payments/multicapture
 */
async function createIntent(stripe: Stripe, charge: ChargeRequest): Promise<Stripe.PaymentIntent> {
  const key = `order/${charge.orderId}/charge/${charge.attempt}`;
  const create = (idempotencyKey: string, more?: Partial<Stripe.PaymentIntentCreateParams>) =>
    stripe.paymentIntents.create(
      {
        amount: charge.amount,
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
    return await create(key, AUTHORIZE_FOR_PARTS);
  } catch (error) {
    if (refusalCodeOf(error) !== 'payment_intent_invalid_parameter') throw error;
    return create(`${key}/single-capture`, AUTHORIZE);
  }
}

/**
 * The PaymentIntent of this attempt, if there is one among the newest `most`; or whichever has taken the order's money
 * or holds it, but for one that was captured before this attempt was asked for: there was not enough of it.
 * By the list, which shows what was just written; the search is up to a minute behind, and would say "none" of a charge
 * that has gone through.
 * @see https://docs.stripe.com/search#data-freshness
 */
async function findIntent(
  stripe: Stripe,
  charge: ChargeRequest,
  most: number,
): Promise<Stripe.PaymentIntent | undefined> {
  const placed = Math.floor(Date.parse(charge.placedAt) / 1000);
  const attempt = String(charge.attempt);
  let found: Stripe.PaymentIntent | undefined;
  let seen = 0;
  for await (const intent of stripe.paymentIntents.list({
    created: { gte: placed - CLOCK_SKEW_S },
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
    if (seen >= most) break;
  }
  return found;
}

/** What an earlier try came to. One that was created and never confirmed is ended, so that it moves no money later. */
async function settle(
  stripe: Stripe,
  charge: ChargeRequest,
  intent: Stripe.PaymentIntent,
): Promise<ChargeOutcome> {
  if (intent.status !== 'requires_confirmation') return outcomeOf(charge.orderId, intent);
  const ended = await voidIntent(stripe, { orderId: charge.orderId, paymentIntentId: intent.id });
  return ended.status === 'cancelled' ? { orderId: charge.orderId, status: 'none' } : ended;
}

/** An authorisation is read once more with its charge, which says when it ends by itself. */
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
 * Without an idempotency key: cancelling twice is one cancellation, while a key would replay an error of yesterday.
 * Cancelling what has ended is refused by Stripe: then what it is counts. What is left of an authorisation that was
 * captured in part is released as Stripe documents it, by a last capture of nothing; what was captured stays captured.
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
      const nothing = { amount_to_capture: 0, final_capture: true };
      return outcomeOf(orderId, await stripe.paymentIntents.capture(paymentIntentId, nothing));
    }
    if (now.status !== 'succeeded' && now.status !== 'cancelled') throw error;
    return now;
  }
}
