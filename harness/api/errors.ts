import type { FieldError, ProblemCode } from '../../src/contracts/errors.ts';

/** A call of the API that failed. `code` says why. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  /** Stable, for programs. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The API answered with a problem (RFC 9457). */
export class ApiError extends ClientError {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The problem as it came, with the members that only this code has. */
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    const problem = problemFrom(status, body);
    super(problem.code, lineOf(problem));
    this.status = status;
    this.body = body;
  }
}

/** No answer came: nothing listens there, or the connection broke. The request may have been carried out. */
export class TransportError extends ClientError {
  override readonly name = 'TransportError';
}

/** The system's code of a failed connection, such as ECONNREFUSED, however deep `fetch` has wrapped it. */
export function transportCode(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const inner = each instanceof AggregateError ? (each.errors[0] as unknown) : each;
    if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') return inner.code;
  }
  return 'connection_failed';
}

/** The message of an error in one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // When several addresses were tried, the error has no message of its own, only the code of each attempt.
  return (message === '' ? transportCode(error) : message).replaceAll(/\s*\n\s*/g, ' ');
}

interface Problem {
  code: string;
  text: string;
  fields: FieldError[];
}

function problemFrom(status: number, body: unknown): Problem {
  const given: object = typeof body === 'object' && body !== null ? body : {};
  const text = (key: string): string | undefined => {
    const value: unknown = Reflect.get(given, key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const errors: unknown = Reflect.get(given, 'errors');
  return {
    code: text('code') ?? `http_${status}`,
    text: text('detail') ?? text('title') ?? `the server answered ${status}`,
    fields: Array.isArray(errors) ? errors.filter(isFieldError) : [],
  };
}

const isFieldError = (value: unknown): value is FieldError =>
  typeof value === 'object' && value !== null && 'field' in value && 'message' in value;

function lineOf({ code, text, fields }: Problem): string {
  // The detail of many problems has the messages of its fields already.
  const details = fields
    .filter(({ message }) => !text.includes(message))
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ');
  const hint =
    code === ('unauthorized' satisfies ProblemCode) ? ' Give one with --api-key or CHECKOUT_API_KEY.' : '';
  return `${code}: ${hint === '' ? text : text.replace(/\.?$/, '.')}${details === '' ? '' : ` (${details})`}${hint}`;
}
