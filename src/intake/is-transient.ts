import type { Backoff } from '../domain/backoff.ts';
import { Problem, type ProblemCode } from '../contracts/errors.ts';
import { outageProblem } from '../orders/lib/outage.ts';

/**
 * Problems that say nothing against the same command later, and for how long the message is tried again before it is
 * put aside, in milliseconds. A server that cannot be reached holds up everything alike: what waits is best left in
 * the broker. What only this message waits for (an order whose own message is late) is put aside soon.
 */
const PATIENCE_MS: Partial<Record<ProblemCode, number>> = {
  unavailable: 60_000,
  too_busy: 60_000,
  internal: 5_000,
  order_not_found: 2_000,
  unknown_payment: 2_000,
};

/** Between two tries of a message that is in hand. */
export const IN_HAND: Backoff = { firstMs: 100, maxMs: 5_000 };
/** Between two tries of one that was put aside. */
export const PUT_ASIDE: Backoff = { firstMs: 5_000, maxMs: 300_000 };

export const isTransient = ({ code }: Problem): boolean => code in PATIENCE_MS;

export const patienceMs = ({ code }: Problem): number => PATIENCE_MS[code] ?? 0;

/** Whatever was thrown as a problem, by the same rules as over HTTP. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return (
    outageProblem(error) ??
    new Problem('internal', 'It failed for a reason that has been logged.', { cause: error })
  );
}
