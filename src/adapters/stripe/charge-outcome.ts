import Stripe from 'stripe';
import type { ChargeOutcome } from '../../contracts/temporal/checkout.ts';
import { refusalCodeOf } from './answers.ts';

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
    case 'requires_capture': {
      const captureBefore = captureBeforeOf(intent);
      return {
        orderId,
        status: 'authorized',
        paymentIntentId,
        captured: intent.amount_received,
        capturable: intent.amount_capturable,
        ...(captureBefore !== undefined && { captureBefore }),
      };
    }
    case 'canceled':
      // What was captured before stays captured.
      return intent.amount_received > 0
        ? { orderId, status: 'succeeded', paymentIntentId, captured: intent.amount_received }
        : { orderId, status: 'cancelled', paymentIntentId };
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
    case 'requires_confirmation':
    default:
      // States that a card does not come to rest in, and those that Stripe may add: asked again.
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
  const declineCode = refusalCodeOf(error);
  return declineCode === undefined ? undefined : { orderId, status: 'declined', declineCode };
}

/** When the authorisation ends by itself, if the charge came along. */
function captureBeforeOf({ latest_charge: charge }: Stripe.PaymentIntent): string | undefined {
  if (charge === null || typeof charge === 'string') return undefined;
  const seconds = charge.payment_method_details?.card?.capture_before;
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}

/** `card_declined` with the decline code `generic_decline` says no more than `card_declined`. */
function specific(code: string | undefined, declineCode: string): string {
  return declineCode === 'generic_decline' && code !== undefined ? code : declineCode;
}
