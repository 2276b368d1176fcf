import { Type, type Static } from 'typebox';

/** Every problem that the API answers with, by its stable code: its HTTP status and its title (RFC 9457). */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  card_number_refused: { status: 400, title: 'Card numbers are not accepted' },
  unknown_sku: { status: 400, title: 'The catalogue does not have the item' },
  currency_mismatch: { status: 400, title: 'The item is sold in another currency' },
  currency_not_supported: { status: 400, title: 'The payment provider cannot charge this currency' },
  amount_not_chargeable: { status: 400, title: 'The payment provider cannot charge this amount' },
  total_mismatch: { status: 409, title: 'The total is not the expected total' },
  idempotency_key_required: { status: 400, title: 'The Idempotency-Key header is required' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key header is not valid' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another body' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The API key lacks the scope' },
  cross_site_request: { status: 403, title: 'The request does not come from the board' },
  invalid_signature: { status: 400, title: 'The signature is not valid' },
  not_found: { status: 404, title: 'Not found' },
  board_not_built: { status: 404, title: 'The board is not built' },
  order_not_found: { status: 404, title: 'There is no such order' },
  item_not_found: { status: 404, title: 'There is no such item' },
  unknown_type: { status: 400, title: 'The type of the message is unknown' },
  dead_letter_not_found: { status: 404, title: 'There is no such dead letter' },
  dead_letter_settled: { status: 409, title: 'The dead letter was replayed or discarded' },
  webhook_endpoint_not_found: { status: 404, title: 'There is no such webhook endpoint' },
  webhook_endpoint_exists: { status: 409, title: 'Another webhook endpoint has this URL' },
  webhook_endpoint_not_enabled: { status: 409, title: 'The webhook endpoint is not enabled' },
  webhook_endpoint_removed: { status: 409, title: 'The webhook endpoint was removed' },
  webhook_delivery_not_found: { status: 404, title: 'There is no such webhook delivery' },
  view_not_found: { status: 404, title: 'There is no such saved view' },
  audit_not_found: { status: 404, title: 'There is no such audit' },
  batch_not_found: { status: 404, title: 'There is no such batch' },
  batch_too_large: { status: 400, title: 'The batch has too many orders' },
  batch_changed: { status: 409, title: 'The orders of the batch have changed' },
  batch_empty: { status: 409, title: 'No order of the batch would go' },
  batch_ended: { status: 409, title: 'The batch has run already' },
  batch_not_started: { status: 409, title: 'The batch was not started' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  too_late: { status: 409, title: 'The order can no longer be cancelled' },
  not_in_review: { status: 409, title: 'The order is not in review' },
  not_refundable: { status: 409, title: 'The order has no payment to refund' },
  payment_disputed: { status: 409, title: 'The customer disputes the payment' },
  refund_exceeds_captured: {
    status: 409,
    title: 'The refund exceeds what was captured and not refunded',
  },
  not_restockable: { status: 409, title: 'The pieces are not in the shop' },
  not_paid: { status: 409, title: 'The order is not paid' },
  not_capturable: { status: 409, title: 'The order has no payment to capture' },
  capture_exceeds_authorized: { status: 409, title: 'The capture exceeds what is authorised' },
  location_not_found: { status: 404, title: 'There is no such location' },
  shipment_not_found: { status: 404, title: 'There is no such shipment' },
  shipment_too_late: { status: 409, title: 'The shipment is too far for this change' },
  shipment_not_shipped: { status: 409, title: 'The shipment was not handed over' },
  not_shippable: { status: 409, title: 'The order has nothing left to ship' },
  quantity_exceeds_line: { status: 409, title: 'The line has fewer pieces left' },
  address_too_late: { status: 409, title: 'The address can no longer be changed' },
  return_not_found: { status: 404, title: 'There is no such return' },
  not_returnable: { status: 409, title: 'The pieces cannot be returned' },
  return_state_conflict: { status: 409, title: 'The return is in another state' },
  subscription_not_found: { status: 404, title: 'There is no such subscription' },
  no_unsent_mail: { status: 409, title: 'The order has no mail that was not sent' },
  no_attention_needed: { status: 409, title: 'No step of the order waits for an operator' },
  no_payment: { status: 409, title: 'The order has no payment at the provider' },
  action_not_possible: { status: 409, title: 'The step does not take this action' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  sku_paused: { status: 409, title: 'The item cannot be ordered at the moment' },
  brake_not_found: { status: 404, title: 'There is no such brake' },
  too_busy: { status: 429, title: 'Too many orders are queued' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The server failed to process the request' },
  intake_paused: { status: 503, title: 'No new orders are accepted at the moment' },
  unavailable: { status: 503, title: 'The service is temporarily unavailable' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is not valid, by its path in the request, for example `lines[0].quantity`. */
export const FieldError = Type.Object(
  { field: Type.String(), message: Type.String() },
  { title: 'FieldError' },
);
export type FieldError = Static<typeof FieldError>;

/** An error for the caller. Every other error is answered as `internal`. */
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
    code: Type.String({ description: 'A stable code, for programs to act on.' }),
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(FieldError)),
  },
  { additionalProperties: true, title: 'Problem', description: 'An error, as RFC 9457 specifies.' },
);
export type ProblemView = Static<typeof ProblemView>;

/** The type of an activity failure that no retry can fix: bad data, a broken constraint. Every other failure is retried. */
export const INVARIANT_VIOLATED = 'InvariantViolated';
