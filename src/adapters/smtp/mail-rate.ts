/** Spreads mails evenly over time, so that no second has more of them than the rate. */
export interface MailRate {
  /** Reserves the next moment for a mail. Returns the milliseconds until then, or `undefined` if it is too far away. */
  reserve(): number | undefined;
  /** Milliseconds until the next free moment. */
  pause(): number;
}

export function createMailRate(
  perSecond: number,
  maxPauseMs: number,
  now: () => number = () => performance.now(),
): MailRate {
  const intervalMs = 1_000 / perSecond;
  let nextAt = now();
  const pause = (): number => Math.max(0, nextAt - now());
  return {
    pause,
    reserve() {
      const pauseMs = pause();
      if (pauseMs > maxPauseMs) return undefined;
      nextAt = now() + pauseMs + intervalMs;
      return pauseMs;
    },
  };
}
