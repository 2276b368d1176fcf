import type { Form } from './form.ts';

/**
 * What the ledger remembers. The names are Stripe's; members that never vary here are added by `render.ts`. Records are
 * immutable: a change makes a new one, so that events and stored answers can point at the version they tell of.
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
export const captureMethods = ['automatic', 'automatic_async', 'manual'] as const;
export type CaptureMethod = (typeof captureMethods)[number];
export const cancellationReasons = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
/** `automatic`: the authorisation has ended by itself. */
export type CancellationReason = (typeof cancellationReasons)[number] | 'automatic';

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
  /** When an authorisation ends by itself; Unix milliseconds. Absent where the money was taken at once. */
  readonly authorized_until?: number;
  /** Nothing more will be captured. */
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly decline_code: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** An authorisation that may be captured in parts. */
  readonly multicapture?: true;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly receipt_email: string | null;
  readonly status: 'succeeded' | 'failed';
}

export const refundReasons = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
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
  readonly reason: (typeof refundReasons)[number] | null;
  readonly status: 'succeeded' | 'canceled' | 'failed';
}

export type LedgerRecord = PaymentIntentRecord | ChargeRecord | RefundRecord;

/** Every kind of event the sandbox can send. */
export const eventTypes = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'payment_intent.amount_capturable_updated',
  'charge.refunded',
  'refund.created',
  'refund.failed',
  'refund.updated',
] as const;
export type EventType = (typeof eventTypes)[number];

export interface EventRecord {
  readonly object: 'event';
  readonly id: string;
  readonly type: EventType;
  readonly api_version: string;
  readonly created: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  /** The version of the object at the moment of the event. */
  readonly subject: LedgerRecord;
}

/** What an idempotency key remembers: a record answered as is, or the text of any other answer. */
export interface StoredResponse {
  readonly fingerprint: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly status: number;
  /** The request that was answered first. */
  readonly request: string;
  readonly record?: LedgerRecord;
  readonly body?: string;
}
