/** How long a delivery is retried after its first attempt. Milliseconds. */
export const WEBHOOK_GIVE_UP_MS = 3 * 86_400_000;

const FIRST_PAUSE_MS = 1_000;
const GROWTH = 2;
const MAX_PAUSE_MS = 6 * 3_600_000;
/** The longest `Retry-After` that is respected. Milliseconds. */
const MAX_RETRY_AFTER_MS = 3_600_000;

export interface FailedAttempt {
  /** The number of attempts so far, at least 1. */
  attempts: number;
  /** Milliseconds since the first attempt. */
  ageMs: number;
  /** The receiver's `Retry-After`, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/**
 * The pause before a delivery is retried, in milliseconds: 1 s, 2 s, 4 s … up to six hours, and randomly up to a fifth longer
 * or shorter, so that deliveries that failed together are not retried together. Returns `undefined` three days after the
 * first attempt: the delivery is given up.
 *
 * @param random between 0 and 1
 */
export function webhookRetryPause(
  { attempts, ageMs, retryAfterMs = 0 }: FailedAttempt,
  random: number,
): number | undefined {
  const remainingMs = WEBHOOK_GIVE_UP_MS - ageMs;
  if (remainingMs <= 0) return undefined;
  const grown = Math.min(FIRST_PAUSE_MS * GROWTH ** Math.min(attempts - 1, 40), MAX_PAUSE_MS);
  const wanted = Math.max(grown, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)) * (0.8 + 0.4 * random);
  return Math.round(Math.min(wanted, remainingMs));
}
