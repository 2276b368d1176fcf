/** So long a delivery is tried. Milliseconds. */
export const WEBHOOK_GIVE_UP_MS = 3 * 86_400_000;

const FIRST_MS = 1_000;
const GROWTH = 2;
const MAX_MS = 6 * 3_600_000;
/** A receiver may ask for a pause of so long at most. Milliseconds. */
const MAX_ASKED_FOR_MS = 3_600_000;

export interface FailedAttempt {
  /** Attempts so far, from 1. */
  attempts: number;
  /** Milliseconds since the first of them. */
  ageMs: number;
  /** What the receiver has asked for by `Retry-After`. */
  retryAfterMs?: number | undefined;
}

/**
 * The pause before a delivery is tried again, milliseconds: 1 s, 2 s, 4 s … at most six hours, a fifth more or less, so that
 * what has failed together does not come back together. `undefined`: it is given up, three days after the first attempt.
 *
 * @param random from 0 to 1
 */
export function webhookRetryPause(
  { attempts, ageMs, retryAfterMs = 0 }: FailedAttempt,
  random: number,
): number | undefined {
  const left = WEBHOOK_GIVE_UP_MS - ageMs;
  if (left <= 0) return undefined;
  const grown = Math.min(FIRST_MS * GROWTH ** Math.min(attempts - 1, 40), MAX_MS);
  const wanted = Math.max(grown, Math.min(retryAfterMs, MAX_ASKED_FOR_MS)) * (0.8 + 0.4 * random);
  return Math.round(Math.min(wanted, left));
}
