import type { Stripe } from 'stripe';
import type {
  ChargeRecord,
  DisputeRecord,
  EventRecord,
  LedgerRecord,
  PaymentIntentRecord,
  RefundRecord,
} from './records.ts';
import { allowsRefunds } from './dispute-states.ts';

/*
 * Converts records to the objects of Stripe's API. The return types are those of the official client, so that a missing or misspelt
 * member does not compile.
 */

export function render(
  record: LedgerRecord,
): Stripe.PaymentIntent | Stripe.Charge | Stripe.Refund | Stripe.Dispute {
  switch (record.object) {
    case 'payment_intent':
      return renderIntent(record);
    case 'charge':
      return renderCharge(record);
    case 'refund':
      return renderRefund(record);
    case 'dispute':
      return renderDispute(record);
  }
}

export function renderIntent(record: PaymentIntentRecord): Stripe.PaymentIntent {
  const {
    automatic_payment_methods,
    last_payment_error,
    next_action,
    request_multicapture,
    shipping,
    ...rest
  } = record;
  return {
    ...rest,
    allowed_payment_method_types: null,
    amount_details: { tip: {} },
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automatic_payment_methods
      ? { allow_redirects: 'always', enabled: true }
      : null,
    confirmation_method: 'automatic',
    customer_account: null,
    excluded_payment_method_types: null,
    last_payment_error: last_payment_error === null ? null : renderPaymentError(last_payment_error),
    livemode: false,
    managed_payments: null,
    metadata: { ...rest.metadata },
    next_action:
      next_action === null ? null : { type: 'redirect_to_url', redirect_to_url: { ...next_action } },
    on_behalf_of: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: {
        installments: null,
        mandate_options: null,
        network: null,
        ...(request_multicapture === true && { request_multicapture: 'if_available' }),
        request_three_d_secure: 'automatic',
      },
    },
    payment_method_types: [...rest.payment_method_types],
    payment_record: null,
    processing: null,
    review: null,
    setup_future_usage: null,
    shipping: shipping,
    source: null,
    transfer_data: null,
  };
}

function renderPaymentError(
  error: NonNullable<PaymentIntentRecord['last_payment_error']>,
): Stripe.PaymentIntent.LastPaymentError {
  return { ...error, payment_method: renderPaymentMethod(error.payment_method) };
}

/** Returns the members of a PaymentMethod that the sandbox needs inside other objects. */
export function renderPaymentMethod(id: string): Stripe.PaymentMethod {
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    created: 0,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}

function renderCharge(record: ChargeRecord): Stripe.Charge {
  const { authorized_until, decline_code, disputed, multicapture, ...rest } = record;
  const failed = rest.status === 'failed';
  return {
    ...rest,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: null,
    disputed: disputed === true,
    failure_balance_transaction: null,
    fraud_details: {},
    livemode: false,
    metadata: { ...rest.metadata },
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failed ? 'declined_by_network' : 'approved_by_network',
      reason: decline_code,
      risk_level: 'normal',
      seller_message: failed
        ? 'The bank did not return any further details with this decline.'
        : 'Payment complete.',
      type: failed ? 'issuer_declined' : 'authorized',
    },
    paid: !failed,
    payment_method_details:
      authorized_until === undefined
        ? { type: 'card' }
        : { type: 'card', card: renderAuthorization(rest.amount, authorized_until, multicapture === true) },
    receipt_number: null,
    receipt_url: null,
    refunded: rest.captured && rest.amount_captured > 0 && rest.amount_refunded === rest.amount_captured,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    transfer_data: null,
    transfer_group: null,
  };
}

/** @param until Unix milliseconds */
function renderAuthorization(
  amount: number,
  until: number,
  multicapture: boolean,
): Stripe.Charge.PaymentMethodDetails.Card {
  return {
    amount_authorized: amount,
    authorization_code: null,
    brand: 'visa',
    capture_before: Math.floor(until / 1000),
    checks: null,
    country: null,
    electronic_commerce_indicator: null,
    exp_month: 12,
    exp_year: 2034,
    extended_authorization: { status: 'disabled' },
    funding: 'credit',
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4: null,
    mandate: null,
    multicapture: { status: multicapture ? 'available' : 'unavailable' },
    network: 'visa',
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: 'unavailable' },
    regulated_status: null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}

function renderRefund(record: RefundRecord): Stripe.Refund {
  return {
    ...record,
    balance_transaction: null,
    customer: null,
    customer_account: null,
    destination_details: {
      type: 'card',
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
    },
    metadata: { ...record.metadata },
    payment_method: null,
    receipt_number: null,
    source_transfer_reversal: null,
    transfer_reversal: null,
  };
}

/** Every text and file that can be evidence, by its name in Stripe's API. */
const NO_EVIDENCE = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

/** The fee of a dispute, in the minor units of its currency. */
const DISPUTE_FEE = 1_500;

function renderDispute(record: DisputeRecord): Stripe.Dispute {
  const { balance, due_by, evidence, submission_count, ...rest } = record;
  return {
    ...rest,
    balance_transactions: balance.map(({ id, amount, created }) => ({
      id,
      object: 'balance_transaction',
      amount,
      available_on: created,
      balance_type: 'payments',
      created,
      currency: rest.currency,
      description: `Chargeback ${amount < 0 ? 'withdrawal' : 'reversal'} for ${rest.charge}`,
      exchange_rate: null,
      fee: amount < 0 ? DISPUTE_FEE : 0,
      fee_details: [],
      net: amount < 0 ? amount - DISPUTE_FEE : amount,
      reporting_category: amount < 0 ? 'dispute' : 'dispute_reversal',
      source: rest.id,
      status: 'available',
      type: 'adjustment',
    })),
    enhanced_eligibility_types: [],
    evidence: { ...NO_EVIDENCE, ...evidence },
    evidence_details: {
      due_by,
      enhanced_eligibility: {},
      has_evidence: Object.keys(evidence).length > 0,
      past_due: due_by !== null && due_by < Date.now() / 1000,
      submission_count,
      submission_method: submission_count > 0 ? 'manual' : 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: allowsRefunds(record),
    livemode: false,
    metadata: { ...rest.metadata },
    network_reason_code: null,
  };
}

/** @param pendingWebhooks number of deliveries that were not answered 2xx yet */
export function renderEvent(record: EventRecord, pendingWebhooks: number): object {
  const { subject, ...rest } = record;
  return { ...rest, data: { object: render(subject) }, livemode: false, pending_webhooks: pendingWebhooks };
}
