import type { Backoff } from '../domain/backoff.ts';
import { Problem, type ProblemCode } from '../contracts/errors.ts';
import { outageProblem } from '../orders/lib/outage.ts';

/**
 * The problems that may disappear without a change to the message, and for how many milliseconds this process then retries the
 * message before it stores it in `dead_letters` for a later retry. A server that cannot be reached affects all messages: those
 * that have not been delivered yet are best left in the broker, so the process waits long. A problem of this message alone (it
 * refers to an order whose own message is late) must not occupy the process, so the message is stored soon.
 */
const IN_PROCESS_RETRY_MS: Partial<Record<ProblemCode, number>> = {
  unavailable: 60_000,
  too_busy: 60_000,
  internal: 5_000,
  order_not_found: 2_000,
  not_paid: 2_000,
};

/** Between two attempts of a message that this process holds. */
export const IN_PROCESS_BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };
/** Between two attempts of a message that is stored in `dead_letters` with the state `retrying`. */
export const STORED_RETRY_BACKOFF: Backoff = { firstMs: 5_000, maxMs: 300_000 };

/** Whether the same command may succeed later. */
export const isTransient = ({ code }: Problem): boolean => code in IN_PROCESS_RETRY_MS;

/** Whether the command waits for operators to release the intake, and does not get too old meanwhile: for itself, or for its order. */
export const waitsForRelease = (problem: Problem, isPaused: boolean): boolean =>
  problem.code === 'intake_paused' || (isPaused && givesWay(problem));

/** Whether a later message about the same order may be what this command waits for, so that it must not wait behind this one. */
export const givesWay = ({ code }: Problem): boolean => code === 'order_not_found' || code === 'not_paid';

/** For how long this process retries a message after this problem before it stores the message, in milliseconds. */
export const inProcessRetryMs = ({ code }: Problem): number => IN_PROCESS_RETRY_MS[code] ?? 0;

/** Turns whatever was thrown into a problem, by the same rules as over HTTP. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return (
    outageProblem(error) ??
    new Problem('internal', 'The command failed for an unexpected reason, which is in the log.', {
      cause: error,
    })
  );
}
