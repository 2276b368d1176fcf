import type { DisputeReason } from './records.ts';

/**
 * How each payment method behaves. The `pm_card_…` names are Stripe's own test cards
 * (docs.stripe.com/testing); the `pm_sandbox_…` names are for faults that Stripe has no test card for.
 */
export type Behaviour =
  | { readonly kind: 'succeeds' }
  /** Declined. No money moves. */
  | { readonly kind: 'declined'; readonly declineCode: string; readonly message: string }
  /** 3-D Secure: the customer must authenticate. */
  | { readonly kind: 'authentication' }
  /** Succeeds after the configured time. */
  | { readonly kind: 'slow' }
  /** The money moves, and the connection of the first response is closed. */
  | { readonly kind: 'response_dropped' }
  /** 500 without effect for the first attempt of an order (by `metadata.order_id`), and for every replay of that attempt's key. */
  | { readonly kind: 'error_once' }
  /** 503 without effect until a control request or a restart ends the outage. */
  | { readonly kind: 'outage' }
  /** The charge succeeds, and is disputed at once, or when it is captured. */
  | { readonly kind: 'disputed'; readonly reason: DisputeReason; readonly inquiry: boolean }
  /** The charge succeeds, and its refunds fail until `POST /sandbox/refunds/heal`. */
  | { readonly kind: 'refunds_fail' };

const declined = (declineCode: string, message: string): Behaviour => ({
  kind: 'declined',
  declineCode,
  message,
});

const BEHAVIOURS = new Map<string, Behaviour>([
  ['pm_card_visa', { kind: 'succeeds' }],
  ['pm_card_mastercard', { kind: 'succeeds' }],
  ['pm_card_amex', { kind: 'succeeds' }],
  ['pm_card_credit_disableEnterpriseCardFeatures', { kind: 'succeeds' }],
  ['pm_card_chargeDeclined', declined('generic_decline', 'Your card was declined.')],
  ['pm_card_visa_chargeDeclined', declined('generic_decline', 'Your card was declined.')],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    declined('insufficient_funds', 'Your card has insufficient funds.'),
  ],
  [
    'pm_card_visa_chargeDeclinedInsufficientFunds',
    declined('insufficient_funds', 'Your card has insufficient funds.'),
  ],
  ['pm_card_authenticationRequired', { kind: 'authentication' }],
  ['pm_card_createDispute', { kind: 'disputed', reason: 'fraudulent', inquiry: false }],
  [
    'pm_card_createDisputeProductNotReceived',
    { kind: 'disputed', reason: 'product_not_received', inquiry: false },
  ],
  ['pm_card_createDisputeInquiry', { kind: 'disputed', reason: 'fraudulent', inquiry: true }],
  ['pm_sandbox_slow', { kind: 'slow' }],
  ['pm_sandbox_timeout_after_charge', { kind: 'response_dropped' }],
  ['pm_sandbox_error_once', { kind: 'error_once' }],
  ['pm_sandbox_outage', { kind: 'outage' }],
  ['pm_sandbox_refund_fails', { kind: 'refunds_fail' }],
]);

/** Whether the card supports multicapture. Stripe has a test card that does not (docs.stripe.com/payments/multicapture). */
export function allowsMulticapture(paymentMethod: string): boolean {
  return paymentMethod !== 'pm_card_credit_disableEnterpriseCardFeatures';
}

export function behaviourOf(paymentMethod: string): Behaviour | undefined {
  return BEHAVIOURS.get(paymentMethod);
}
