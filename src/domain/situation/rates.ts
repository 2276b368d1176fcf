import type { StatsSeriesView } from '../../contracts/http/stats-series.ts';

/** Orders a second at one time. */
export interface Rate {
  /** Milliseconds since 1970. */
  at: number;
  placed: number;
  decided: number;
}

/** Of the last step, which is not over, at least this share must be: less says nothing of its rate. */
const MIN_SHARE = 0.4;

/** Orders a second in each step, oldest first. */
export function ratesOf({ points, stepSeconds }: Pick<StatsSeriesView, 'points' | 'stepSeconds'>): Rate[] {
  return points
    .filter(({ seconds }) => seconds >= stepSeconds * MIN_SHARE)
    .map(({ at, seconds, placed, decided }) => ({
      at: Date.parse(at) + (seconds * 1_000) / 2,
      placed: placed / seconds,
      decided: decided / seconds,
    }));
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
