import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { errorCode } from '../../adapters/postgres/pool.ts';
import { Problem } from '../../contracts/errors.ts';

/** gRPC statuses of transient failures: the same call may succeed later. */
const TRANSIENT_STATUSES = new Set([
  1, // CANCELLED
  2, // UNKNOWN
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  10, // ABORTED
  13, // INTERNAL
  14, // UNAVAILABLE
]);

/**
 * Error codes of the operating system, and SQLSTATEs: connections that fail or are ended, a server that starts, stops or
 * has no connection left.
 */
const POSTGRES_OUTAGE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|08\w{3}|57P0[1235]|53\w{3})$/;
const POSTGRES_OUTAGE_MESSAGE =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;

/**
 * SQLSTATEs of a statement or lock that took too long, of a transaction that PostgreSQL ended because it was idle, and of conflicts with
 * other transactions that were still there after some retries; and the message of a query that was not answered in time.
 */
const POSTGRES_TIMEOUT = /^(57014|55P03|25P03|40001|40P01)$/;
const POSTGRES_TIMEOUT_MESSAGE = /^Query read timeout/;

/** The problem to answer if `error` means that Temporal or PostgreSQL cannot be reached, or is too slow, right now. */
export function outageProblem(error: unknown): Problem | undefined {
  if (isTemporalOutage(error)) return unavailable('Temporal cannot be reached.', error);
  if (isPostgresOutage(error)) return unavailable('PostgreSQL cannot be reached.', error);
  if (isTimeout(error)) return unavailable('PostgreSQL took too long.', error);
  return undefined;
}

export const unavailable = (detail: string, cause?: unknown): Problem =>
  new Problem(
    'unavailable',
    `${detail} Try again in a moment, with the same Idempotency-Key, if the request has one.`,
    { cause },
  );

function isTemporalOutage(error: unknown): boolean {
  if (isGrpcServiceError(error)) return TRANSIENT_STATUSES.has(error.code);
  if (!(error instanceof ServiceError)) return false;
  return isGrpcServiceError(error.cause) ? TRANSIENT_STATUSES.has(error.cause.code) : true;
}

function isPostgresOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return POSTGRES_OUTAGE.test(errorCode(error) ?? '') || POSTGRES_OUTAGE_MESSAGE.test(error.message);
}

/** Whether PostgreSQL was reached and took too long. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof Error &&
  (POSTGRES_TIMEOUT.test(errorCode(error) ?? '') || POSTGRES_TIMEOUT_MESSAGE.test(error.message));
