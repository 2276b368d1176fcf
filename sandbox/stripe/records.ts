import type { Form } from './form.ts';

/**
 * The records of the ledger. The names are Stripe's; `render.ts` adds the members that are constant in the sandbox. Records are
 * immutable: a change creates a new record, so that events and stored responses refer to the version of their time.
 */
export interface PaymentIntentRecord {
  readonly object: 'payment_intent';
  readonly id: string;
  readonly amount: number;
  readonly amount_capturable: number;
  readonly amount_received: number;
  readonly automatic_payment_methods: boolean;
  readonly canceled_at: number | null;
  readonly cancellation_reason: CancellationReason | null;
  readonly capture_method: CaptureMethod;
  readonly client_secret: string;
  /** Unix seconds. */
  readonly created: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly last_payment_error: PaymentErrorRecord | null;
  readonly latest_charge: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly next_action: { readonly url: string; readonly return_url: string | null } | null;
  readonly payment_method: string | null;
  readonly payment_method_types: readonly string[];
  readonly receipt_email: string | null;
  /** `payment_method_options[card][request_multicapture]=if_available`. */
  readonly request_multicapture?: true;
  readonly shipping: Form | null;
  readonly statement_descriptor: string | null;
  readonly statement_descriptor_suffix: string | null;
  readonly status: IntentStatus;
  readonly transfer_group: string | null;
}

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'requires_capture'
  | 'canceled'
  | 'succeeded';
export const CAPTURE_METHODS = ['automatic', 'automatic_async', 'manual'] as const;
export type CaptureMethod = (typeof CAPTURE_METHODS)[number];
export const CANCELLATION_REASONS = [
  'abandoned',
  'duplicate',
  'fraudulent',
  'requested_by_customer',
] as const;
/** `automatic`: the authorization has expired. */
export type CancellationReason = (typeof CANCELLATION_REASONS)[number] | 'automatic';

export interface PaymentErrorRecord {
  readonly type: 'card_error' | 'invalid_request_error';
  readonly code: 'card_declined' | 'authentication_required' | 'payment_intent_authentication_failure';
  readonly message: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_method: string;
}

export interface ChargeRecord {
  readonly object: 'charge';
  readonly id: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  /** When the authorization expires, in Unix milliseconds. Absent if the payment was captured at once. */
  readonly authorized_until?: number;
  /** Whether the capture is final. */
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly decline_code: string | null;
  /** Present once the charge was disputed. */
  readonly disputed?: true;
  readonly metadata: Readonly<Record<string, string>>;
  /** Present if multicapture is available for the authorization. */
  readonly multicapture?: true;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly receipt_email: string | null;
  readonly status: 'succeeded' | 'failed';
}

export const REFUND_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
export interface RefundRecord {
  readonly object: 'refund';
  readonly id: string;
  readonly amount: number;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly failure_reason?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: (typeof REFUND_REASONS)[number] | null;
  readonly status: 'succeeded' | 'canceled' | 'failed';
}

export const DISPUTE_REASONS = [
  'credit_not_processed',
  'duplicate',
  'fraudulent',
  'general',
  'product_not_received',
  'product_unacceptable',
  'subscription_canceled',
  'unrecognized',
] as const;
export type DisputeReason = (typeof DISPUTE_REASONS)[number];

/** The statuses with `warning_` are those of an inquiry, which withdraws no money. */
export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost';

export interface DisputeRecord {
  readonly object: 'dispute';
  readonly id: string;
  readonly amount: number;
  /** What the dispute has withdrawn (negative) and reinstated, oldest first. */
  readonly balance: readonly { readonly id: string; readonly amount: number; readonly created: number }[];
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  /** Until when evidence is accepted, in Unix seconds. Null once the dispute is closed. */
  readonly due_by: number | null;
  /** The evidence as text, by the names of Stripe's API. */
  readonly evidence: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: DisputeReason;
  readonly status: DisputeStatus;
  readonly submission_count: number;
}

export type LedgerRecord = PaymentIntentRecord | ChargeRecord | RefundRecord | DisputeRecord;

/** The types of event that the sandbox sends. */
export const EVENT_TYPES = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'payment_intent.amount_capturable_updated',
  'charge.refunded',
  'refund.created',
  'refund.failed',
  'refund.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface EventRecord {
  readonly object: 'event';
  readonly id: string;
  readonly type: EventType;
  readonly api_version: string;
  readonly created: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  /** The version of the object at the time of the event. */
  readonly subject: LedgerRecord;
}

/** A response that is stored under an idempotency key: the record if the response is a plain object, otherwise the body. */
export interface StoredResponse {
  readonly fingerprint: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly status: number;
  /** The id of the request that was executed. */
  readonly request: string;
  readonly record?: LedgerRecord;
  readonly body?: string;
}
