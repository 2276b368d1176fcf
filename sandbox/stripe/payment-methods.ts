/**
 * How each payment method behaves. The `pm_card_…` names are Stripe's own test cards
 * (docs.stripe.com/testing); the `pm_sandbox_…` ones are troubles that Stripe offers no test card for.
 */
export type Behaviour =
  | { readonly kind: 'succeeds' }
  /** Declined for good; no money moves. */
  | { readonly kind: 'declined'; readonly declineCode: string; readonly message: string }
  /** 3-D Secure: the customer has to come back. */
  | { readonly kind: 'authentication' }
  /** Succeeds, after the configured time. */
  | { readonly kind: 'slow' }
  /** The money moves, the connection of the first answer is destroyed. */
  | { readonly kind: 'answer_lost' }
  /** 500 without effect for the first attempt of an order (by `metadata.order_id`), and for every replay of its key. */
  | { readonly kind: 'error_once' }
  /** 503 before anything is done, until the outage is ended by a control call or by a restart. */
  | { readonly kind: 'outage' }
  /** The charge succeeds, its refunds fail until healed. */
  | { readonly kind: 'refunds_fail' };

const declined = (declineCode: string, message: string): Behaviour => ({
  kind: 'declined',
  declineCode,
  message,
});

const behaviours = new Map<string, Behaviour>([
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
  ['pm_sandbox_slow', { kind: 'slow' }],
  ['pm_sandbox_timeout_after_charge', { kind: 'answer_lost' }],
  ['pm_sandbox_error_once', { kind: 'error_once' }],
  ['pm_sandbox_outage', { kind: 'outage' }],
  ['pm_sandbox_refund_fails', { kind: 'refunds_fail' }],
]);

/** Whether the card can be captured in parts; Stripe has a test card that cannot (docs.stripe.com/payments/multicapture). */
export function allowsMulticapture(paymentMethod: string): boolean {
  return paymentMethod !== 'pm_card_credit_disableEnterpriseCardFeatures';
}

export function behaviourOf(paymentMethod: string): Behaviour | undefined {
  return behaviours.get(paymentMethod);
}
