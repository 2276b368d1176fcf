import type { FieldError } from '../../contracts/errors.ts';
import { CarrierRefused, CarrierUnavailable } from '../../contracts/ports/carrier.ts';
import { fieldErrorsOf } from './fields.ts';

/** An error of EasyPost's client for an HTTP response. The client does not export its classes. */
interface ApiError {
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly errors: unknown;
}

/**
 * The status is 422, but the request may have been executed, or EasyPost could not reach the carrier. `SHIPMENT.POSTAGE.TIMED_OUT` is
 * not in EasyPost's list of codes, but occurs.
 * @see https://docs.easypost.com/docs/errors
 */
const UNKNOWN_OUTCOMES = [
  'SHIPMENT.PURCHASE.IN_PROGRESS',
  'SHIPMENT.POSTAGE.NO_RESPONSE',
  'SHIPMENT.POSTAGE.TIMED_OUT',
  'REFUND.NO_RESPONSE',
  'ADDRESS.VERIFY.UNAVAILABLE',
  'ADDRESS.VERIFY.UPSTREAM_UNAVAILABLE',
  'TRACKER.RETRIEVE.ERROR',
  'TRACKER.RUN.ERROR',
];

/**
 * These statuses refuse the request itself. A wrong API key (401, 403) is not among them: the request succeeds when the key is
 * corrected, and no operator has to repeat it.
 */
const REFUSALS = [400, 402, 404, 405, 422];

export function apiErrorOf(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number')
    return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const { statusCode, message } = error;
  return { statusCode, code, message, errors: 'errors' in error ? error.errors : undefined };
}

export const isNotFound = (error: unknown): boolean => apiErrorOf(error)?.statusCode === 404;

/** Returns the error of the port. Its message has EasyPost's code and no text, which could repeat the address. */
export function carrierErrorOf(error: unknown): CarrierRefused | CarrierUnavailable {
  if (error instanceof CarrierRefused || error instanceof CarrierUnavailable) return error;
  const failure = apiErrorOf(error);
  if (failure === undefined) return new CarrierUnavailable(networkReason(error));
  const { statusCode, code, message, errors } = failure;
  if (!REFUSALS.includes(statusCode) || (code !== undefined && UNKNOWN_OUTCOMES.includes(code)))
    return new CarrierUnavailable(code === undefined ? String(statusCode) : `${statusCode} ${code}`);
  return refusalOf(code ?? String(statusCode), fieldErrorsOf(errors), message);
}

/** The texts of EasyPost and of the carriers say that the customs declaration is missing; no code does. */
const CUSTOMS_MISSING = /customs[_ ]info/i;

/** @param message of the error; it may repeat the address, and is not kept */
export const refusalOf = (code: string, errors: readonly FieldError[], message = ''): CarrierRefused =>
  new CarrierRefused(
    [message, ...errors.map((each) => each.message)].some((text) => CUSTOMS_MISSING.test(text))
      ? 'customs_required'
      : code,
    errors,
  );

/** Calls EasyPost; every error becomes one of the port's. */
export async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw carrierErrorOf(error);
  }
}

/** The code of a network error, such as `ECONNREFUSED`; a response that the client could not read has none. */
function networkReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no readable response';
}
