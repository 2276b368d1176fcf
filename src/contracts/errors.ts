import { Type, type Static } from 'typebox';

/** Every problem the API answers with, by its stable code: HTTP status and title (RFC 9457). */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  card_number_refused: { status: 400, title: 'Card numbers are not accepted' },
  unknown_sku: { status: 400, title: 'There is no such item' },
  currency_mismatch: { status: 400, title: 'The item is not sold in this currency' },
  total_mismatch: { status: 409, title: 'The total is not the expected one' },
  idempotency_key_required: { status: 400, title: 'The Idempotency-Key header is required' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key header is not valid' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used with another body' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The API key lacks the scope' },
  invalid_signature: { status: 400, title: 'The signature is not valid' },
  not_found: { status: 404, title: 'Not found' },
  order_not_found: { status: 404, title: 'There is no such order' },
  item_not_found: { status: 404, title: 'There is no such item' },
  unknown_type: { status: 400, title: 'The type of the message is not known' },
  dead_letter_not_found: { status: 404, title: 'There is no such dead letter' },
  dead_letter_settled: { status: 409, title: 'The dead letter does not wait any more' },
  webhook_endpoint_not_found: { status: 404, title: 'There is no such webhook endpoint' },
  webhook_endpoint_exists: { status: 409, title: 'There is another endpoint of this URL' },
  webhook_endpoint_not_enabled: { status: 409, title: 'Nothing is sent to the webhook endpoint' },
  webhook_endpoint_removed: { status: 409, title: 'The webhook endpoint has been removed' },
  webhook_delivery_not_found: { status: 404, title: 'There is no such delivery' },
  audit_not_found: { status: 404, title: 'There is no such audit' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  too_late: { status: 409, title: 'The order can no longer be cancelled' },
  not_in_review: { status: 409, title: 'The order does not wait for a review' },
  not_refundable: { status: 409, title: 'The order has no money to give back' },
  refund_exceeds_captured: {
    status: 409,
    title: 'The refund is more than what was captured and not refunded',
  },
  not_capturable: { status: 409, title: 'The order has no money to capture' },
  capture_exceeds_authorized: { status: 409, title: 'The capture is more than what is authorised' },
  no_attention_needed: { status: 409, title: 'The order does not wait for an operator' },
  action_not_possible: { status: 409, title: 'The step cannot be left out' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  too_busy: { status: 429, title: 'Too many orders at once' },
  rate_limited: { status: 429, title: 'Too many requests' },
  unknown_payment: { status: 404, title: 'The payment belongs to no order here' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong, by its path in the request, for example `lines[0].quantity`. */
export interface FieldError {
  field: string;
  message: string;
}

/** An error with an answer for the caller. Anything else that is thrown is answered as `internal`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { errors?: FieldError[]; extra?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
  }
}

export const ProblemView = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable: programs decide by it.' }),
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
  },
  { additionalProperties: true },
);
export type ProblemView = Static<typeof ProblemView>;

/** Type of an activity failure that no retry can cure: bad data, a broken constraint. Every other one is retried. */
export const INVARIANT_VIOLATED = 'InvariantViolated';
