/** Orders a second at one time. */
export interface Rate {
  /** Milliseconds since 1970. */
  at: number;
  placed: number;
  decided: number;
}

/** What was placed and decided in the last so many seconds. */
export interface Sum {
  seconds: number;
  placed: number;
  decided: number;
}

/** The windows from which the past is computed when the page opens, in seconds, shortest first. */
export const PAST_WINDOWS_S = [60, 120, 240, 360, 480, 720, 960, 1_200, 1_500, 1_800] as const;

/**
 * The rates of the past, oldest first, from sums over windows that all end at `now`: what the longer of two neighbours has more than
 * the shorter was placed between their beginnings.
 */
export function ratesOfPast(now: number, sums: readonly Sum[]): Rate[] {
  const sorted = [...sums].sort((a, b) => a.seconds - b.seconds);
  return sorted
    .map((sum, index) => {
      const shorter = sorted[index - 1] ?? { seconds: 0, placed: 0, decided: 0 };
      const seconds = Math.max(1, sum.seconds - shorter.seconds);
      return {
        at: now - ((sum.seconds + shorter.seconds) / 2) * 1_000,
        placed: Math.max(0, sum.placed - shorter.placed) / seconds,
        decided: Math.max(0, sum.decided - shorter.decided) / seconds,
      };
    })
    .reverse();
}

const MAX_AGE_MS = 30 * 60_000;

/** The samples of the last half hour, oldest first. Safe to call twice with the same sample: one with the same time replaces it. */
export function withSample<T extends { at: number }>(samples: readonly T[], sample: T): T[] {
  const kept = samples.filter(({ at }) => at < sample.at && at > sample.at - MAX_AGE_MS);
  return [...kept, sample];
}

/** Where a time stands on the logarithmic scale from 1 ms to 10 s, from 0 to 100. */
export const onLogScale = (milliseconds: number): number =>
  Math.min(100, Math.max(0, (Math.log10(Math.max(milliseconds, 1)) / 4) * 100));
