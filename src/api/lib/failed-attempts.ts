/** Counts attempts that have failed, by who has made them, in the memory of this process. */
export interface FailedAttempts {
  /** Milliseconds until the next attempt is allowed; 0: it is allowed now, and counts as failed until {@link FailedAttempts.forgive}. */
  begin(from: string): number;
  /** Takes back the attempt that was begun last: it did not fail. */
  forgive(from: string): void;
}

/** Beyond this number of sources the one with the oldest attempt is forgotten, so that an attacker cannot fill the memory. */
const MAX_SOURCES = 10_000;

export function createFailedAttempts(
  max: number,
  windowMs: number,
  now: () => number = Date.now,
): FailedAttempts {
  const bySource = new Map<string, number[]>();
  return {
    begin(from) {
      const recent = (bySource.get(from) ?? []).filter((at) => at > now() - windowMs);
      const [oldest] = recent;
      if (oldest !== undefined && recent.length >= max) return oldest + windowMs - now();
      bySource.delete(from);
      bySource.set(from, [...recent, now()]);
      const [first] = bySource.keys();
      if (bySource.size > MAX_SOURCES && first !== undefined) bySource.delete(first);
      return 0;
    },

    forgive(from) {
      const left = (bySource.get(from) ?? []).slice(0, -1);
      if (left.length > 0) bySource.set(from, left);
      else bySource.delete(from);
    },
  };
}
