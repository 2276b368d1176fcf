/** The error types of Stripe's API (docs.stripe.com/api/errors). */
export type FailureType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export interface FailureBody {
  type: FailureType;
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
}

/** An error response of Stripe's API. */
export class StripeFailure extends Error {
  readonly status: number;
  readonly body: FailureBody;
  /**
   * Whether the response is stored under the idempotency key. Stripe stores a response if the endpoint had begun to execute, also a
   * 500, and never stores a failed validation or a conflict (docs.stripe.com/api/idempotent_requests).
   */
  readonly stored: boolean;

  constructor(status: number, body: FailureBody, stored = true) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.stored = stored;
  }
}

/** A parameter that Stripe refuses before it executes the request. */
export function invalidRequest(code: string | undefined, message: string, param?: string): StripeFailure {
  return new StripeFailure(
    400,
    { type: 'invalid_request_error', message, ...optional({ code, param }) },
    false,
  );
}

/** A valid request that the state of the object does not allow. */
export function forbiddenByState(
  code: string,
  message: string,
  extra: Partial<FailureBody> = {},
): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', code, message, ...extra });
}

/** An object that does not exist. For an id in the path Stripe answers 404, for an id in the parameter `param` 400. */
export function resourceMissing(kind: string, id: string, param?: string): StripeFailure {
  const status = param === undefined ? 404 : 400;
  const message = kind === 'PaymentMethod' ? `No such PaymentMethod: '${id}'` : `No such ${kind}: '${id}'`;
  return new StripeFailure(
    status,
    { type: 'invalid_request_error', code: 'resource_missing', message, param: param ?? 'id' },
    false,
  );
}

export function serverError(stored: boolean): StripeFailure {
  return new StripeFailure(
    500,
    { type: 'api_error', message: 'An unknown error occurred. (sandbox)' },
    stored,
  );
}

export function unavailable(): StripeFailure {
  const message = 'Stripe is unavailable at the moment; nothing was done. (sandbox)';
  return new StripeFailure(503, { type: 'api_error', message }, false);
}

export function rateLimited(): StripeFailure {
  const message =
    'Request rate limit exceeded. You can learn more about rate limits here https://docs.stripe.com/rate-limits.';
  return new StripeFailure(429, { type: 'invalid_request_error', code: 'rate_limit', message }, false);
}

export function keyInUse(key: string): StripeFailure {
  const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`;
  return new StripeFailure(
    409,
    { type: 'idempotency_error', code: 'idempotency_key_in_use', message },
    false,
  );
}

export function keyReused(key: string): StripeFailure {
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
  return new StripeFailure(400, { type: 'idempotency_error', message }, false);
}

export function locked(): StripeFailure {
  const message =
    'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.';
  return new StripeFailure(429, { type: 'invalid_request_error', code: 'lock_timeout', message }, false);
}

/** Returns only the members that are set: Stripe's errors omit the others. */
function optional(members: { code: string | undefined; param: string | undefined }): {
  code?: string;
  param?: string;
} {
  return {
    ...(members.code === undefined ? {} : { code: members.code }),
    ...(members.param === undefined ? {} : { param: members.param }),
  };
}
