import Stripe from 'stripe';
import type { ChargeOutcome } from '../../contracts/checkout.ts';

/**
 * What a PaymentIntent says of a charge.
 * @see https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function outcomeOf(orderId: string, intent: Stripe.PaymentIntent): ChargeOutcome {
  const paymentIntentId = intent.id;
  switch (intent.status) {
    case 'succeeded':
      return { orderId, status: 'succeeded', paymentIntentId, captured: intent.amount_received };
    case 'requires_action': {
      const url = intent.next_action?.redirect_to_url?.url;
      return {
        orderId,
        status: 'requires_action',
        paymentIntentId,
        ...(intent.client_secret !== null && { clientSecret: intent.client_secret }),
        ...(url != null && { nextActionUrl: url }),
      };
    }
    case 'canceled':
      return { orderId, status: 'cancelled', paymentIntentId };
    case 'requires_payment_method': {
      const error = intent.last_payment_error;
      const declineCode = error?.decline_code ?? error?.code ?? 'declined';
      return {
        orderId,
        status: 'declined',
        paymentIntentId,
        declineCode: specific(error?.code, declineCode),
      };
    }
    case 'processing':
    case 'requires_capture':
    case 'requires_confirmation':
    default:
      // States that a card charged at once does not come to rest in, and those that Stripe may add: asked again.
      return { orderId, status: 'processing', paymentIntentId };
  }
}

/** The answer to a charge that was refused, or `undefined` if the error does not say that it was. */
export function refusalOf(orderId: string, error: unknown): ChargeOutcome | undefined {
  if (error instanceof Stripe.errors.StripeCardError) {
    const intent = error.payment_intent;
    if (intent) return outcomeOf(orderId, intent);
    return {
      orderId,
      status: 'declined',
      declineCode: specific(error.code, error.decline_code),
    };
  }
  // Refused before anything was executed: an unknown payment method, an amount below the minimum …
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409) {
    return { orderId, status: 'declined', declineCode: error.code ?? 'invalid_request' };
  }
  return undefined;
}

/** `card_declined` with the decline code `generic_decline` says no more than `card_declined`. */
function specific(code: string | undefined, declineCode: string): string {
  return declineCode === 'generic_decline' && code !== undefined ? code : declineCode;
}

/** An answer that Stripe has stored under the key: it will be given for ever, whatever is asked again. */
export function isReplayed(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';
}

/** A fault on Stripe's side that is stored under the key: this key never charges any more. */
export function isStoredFault(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeAPIError && (error.statusCode ?? 0) >= 500 && isReplayed(error);
}
