import Stripe from 'stripe';
import type { ChargeOutcome, ChargeRequest, PaymentReference } from '../../contracts/checkout.ts';
import type { PaymentProvider } from '../../contracts/payment-provider.ts';
import { isReplayed, isStoredFault, outcomeOf, refusalOf } from './charge-outcome.ts';

/** How far the clocks of ours and the provider's may be apart, in seconds. */
const CLOCK_SKEW_S = 300;
/** An error that is stored takes one key; a refund is tried a few hundred times a day, and Stripe forgets by then. */
const MAX_REFUND_KEYS = 500;
/** How many payments are looked through where the idempotency key stands behind the look-up anyway. */
const QUICK_LOOK = 500;

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

    async refund({ orderId, paymentIntentId, amount }) {
      for (let number = 1; number <= MAX_REFUND_KEYS; number += 1) {
        const refunded = await refundedSoFar(stripe, paymentIntentId);
        if (refunded >= amount) return refunded;
        try {
          await stripe.refunds.create(
            { payment_intent: paymentIntentId, amount: amount - refunded, metadata: { order_id: orderId } },
            { idempotencyKey: `order/${orderId}/refund/${paymentIntentId}/${number}` },
          );
        } catch (error) {
          // Another number only where this key can never do anything any more.
          if (!isReplayed(error)) throw error;
        }
      }
      throw new Error('The provider has stored an error for every refund that was asked for');
    },
  };
}

function createIntent(stripe: Stripe, charge: ChargeRequest): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create(
    {
      amount: charge.amount,
      currency: charge.currency.toLowerCase(),
      payment_method: charge.paymentMethod,
      allowed_payment_method_types: ['card'],
      confirm: true,
      metadata: { order_id: charge.orderId, attempt: String(charge.attempt) },
    },
    { idempotencyKey: `order/${charge.orderId}/charge/${charge.attempt}` },
  );
}

/**
 * The PaymentIntent of this attempt, if there is one among the newest `most`; or whichever has taken the order's money.
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
  })) {
    if (intent.metadata['order_id'] === charge.orderId) {
      if (intent.status === 'succeeded') return intent;
      if (intent.metadata['attempt'] === attempt) found = intent;
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

async function retrieve(
  stripe: Stripe,
  { orderId, paymentIntentId }: PaymentReference,
): Promise<ChargeOutcome> {
  return outcomeOf(orderId, await stripe.paymentIntents.retrieve(paymentIntentId));
}

/**
 * Without an idempotency key: cancelling twice is one cancellation, while a key would replay an error of yesterday.
 * Cancelling what has ended is refused by Stripe: then what it is counts.
 */
async function voidIntent(stripe: Stripe, reference: PaymentReference): Promise<ChargeOutcome> {
  try {
    return outcomeOf(reference.orderId, await stripe.paymentIntents.cancel(reference.paymentIntentId));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    const now = await retrieve(stripe, reference);
    if (now.status !== 'succeeded' && now.status !== 'cancelled') throw error;
    return now;
  }
}

async function refundedSoFar(stripe: Stripe, paymentIntentId: string): Promise<number> {
  let refunded = 0;
  for await (const refund of stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 })) {
    if (refund.status !== 'failed' && refund.status !== 'canceled') refunded += refund.amount;
  }
  return refunded;
}
