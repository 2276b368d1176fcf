import Stripe from 'stripe';
import { ChargeRefused } from '../../contracts/ports/payment-provider.ts';
import type { ChargeOutcome, VoidedFor } from '../../contracts/temporal/checkout.ts';
import { fromStripeAmount, UnchargeableAmount } from './amounts.ts';
import { refusalCodeOf } from './errors.ts';

/**
 * Converts a PaymentIntent to the outcome of a charge.
 * @see https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function outcomeOf(orderId: string, intent: Stripe.PaymentIntent): ChargeOutcome {
  const paymentIntentId = intent.id;
  const ours = (amount: number): number => fromStripeAmount(amount, intent.currency);
  switch (intent.status) {
    case 'succeeded':
      return { orderId, status: 'succeeded', paymentIntentId, captured: ours(intent.amount_received) };
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
        captured: ours(intent.amount_received),
        capturable: ours(intent.amount_capturable),
        ...(captureBefore !== undefined && { captureBefore }),
      };
    }
    case 'canceled':
      // A cancellation does not reverse what was captured before.
      return intent.amount_received > 0
        ? { orderId, status: 'succeeded', paymentIntentId, captured: ours(intent.amount_received) }
        : { orderId, status: 'cancelled', paymentIntentId, ...endingOf(intent) };
    case 'requires_payment_method':
      return declineOf(orderId, intent);
    case 'processing':
    case 'requires_confirmation':
    default:
      // A card payment does not stay in these states. They, and states that Stripe may add, are retrieved again later.
      return { orderId, status: 'processing', paymentIntentId };
  }
}

function declineOf(orderId: string, intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id: paymentIntentId, last_payment_error: error } = intent;
  const declineCode = error?.decline_code ?? error?.code ?? 'declined';
  return { orderId, status: 'declined', paymentIntentId, declineCode: specific(error?.code, declineCode) };
}

/**
 * As {@link outcomeOf}, for a PaymentIntent that an earlier run has charged. One that was declined is voided so that it cannot be paid with
 * another card later; it stays declined for a run that finds it.
 */
export function earlierOutcomeOf(orderId: string, intent: Stripe.PaymentIntent): ChargeOutcome {
  const wasDeclined =
    intent.status === 'canceled' &&
    intent.amount_received === 0 &&
    intent.cancellation_reason === null &&
    intent.last_payment_error !== null;
  return wasDeclined ? declineOf(orderId, intent) : outcomeOf(orderId, intent);
}

/** The reasons with which this service cancels PaymentIntents. Without a reason it cancels one that was declined. */
export const CANCELLATION_REASONS = {
  cancelled: 'requested_by_customer',
  expired: 'abandoned',
} as const satisfies Record<VoidedFor, Stripe.PaymentIntentCancelParams.CancellationReason>;

function endingOf({ cancellation_reason: reason }: Stripe.PaymentIntent): { ending?: VoidedFor } {
  if (reason === CANCELLATION_REASONS.cancelled) return { ending: 'cancelled' };
  return reason === CANCELLATION_REASONS.expired ? { ending: 'expired' } : {};
}

/**
 * Returns the outcome if the error is an answer to the customer: a decline by the bank, or a refusal of what the order brings with it.
 * Every other refusal is the shop's to correct, and is not told to the customer.
 */
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
  const declineCode = refusalCodeOf(error);
  if (declineCode === undefined) return undefined;
  if (error instanceof UnchargeableAmount) return { orderId, status: 'declined', declineCode };
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || !isAboutOrder(error)) return undefined;
  const paymentIntentId = error.payment_intent?.id;
  return {
    orderId,
    status: 'declined',
    ...(paymentIntentId !== undefined && { paymentIntentId }),
    declineCode,
  };
}

/** Returns the refusal if the error is one that only the shop can correct. */
export function shopRefusalOf(error: unknown): ChargeRefused | undefined {
  const code = refusalCodeOf(error);
  return code === undefined || refusalOf('', error) ? undefined : new ChargeRefused(code);
}

/**
 * Stripe's codes for a refusal (`invalid_request_error`) because of the payment method that the customer has chosen or the order's total.
 * All others are defects of the account, its configuration or the request, such as `payment_method_unactivated`,
 * `testmode_charges_only` or `parameter_unknown`.
 * @see https://docs.stripe.com/error-codes
 */
const CODES_OF_ORDER: ReadonlySet<string> = new Set([
  'amount_too_large',
  'amount_too_small',
  'payment_intent_authentication_failure',
  'payment_intent_incompatible_payment_method', // not a card
  'payment_intent_payment_attempt_failed',
  'payment_method_currency_mismatch',
  'payment_method_unexpected_state', // used before, or detached from its customer
]);

/**
 * Whether a refusal is an answer to the customer. Where the payment method is unknown, belongs to somebody else or was used before, Stripe
 * may have no code of its own for it, and names the parameter.
 */
function isAboutOrder({ code, param }: Stripe.errors.StripeInvalidRequestError): boolean {
  return code === undefined || code === 'resource_missing'
    ? param === 'payment_method'
    : CODES_OF_ORDER.has(code);
}

/** Returns when the authorisation expires (ISO 8601), if the PaymentIntent was retrieved with its charge. */
export function captureBeforeOf({ latest_charge: charge }: Stripe.PaymentIntent): string | undefined {
  if (charge === null || typeof charge === 'string') return undefined;
  const seconds = charge.payment_method_details?.card?.capture_before;
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}

/** `generic_decline` says less than the error code, which is `card_declined` then. */
function specific(code: string | undefined, declineCode: string): string {
  return declineCode === 'generic_decline' && code !== undefined ? code : declineCode;
}
