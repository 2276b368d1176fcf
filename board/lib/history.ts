import type { StatsSeriesView } from '../../src/contracts/http/stats-series.ts';

/** What was measured at one time. `null`: nothing was. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** Orders placed a second, over the window of the figures. */
  placed: number;
  paidShare: number | null;
  p50: number | null;
  backlog: number;
}

const MAX_AGE_MS = 30 * 60_000;

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

/** The samples of the last half hour, oldest first. Safe to call twice with the same sample: one with the same time replaces it. */
export function withSample<T extends { at: number }>(samples: readonly T[], sample: T): T[] {
  const kept = samples.filter(({ at }) => at < sample.at && at > sample.at - MAX_AGE_MS);
  return [...kept, sample];
}

/** At most `count` of `samples`, evenly taken, with the last. */
export function thinned<T>(samples: readonly T[], count: number): T[] {
  if (samples.length <= count) return [...samples];
  const step = (samples.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => samples[Math.round(index * step)]).filter(
    (sample) => sample !== undefined,
  );
}

/** The path of a small line of `values` in a box, with the end as a point. Undefined with fewer than two values. */
export function sparkline(values: readonly (number | null)[], width: number, height: number) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return undefined;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const points = known.map((value, index) => {
    const x = 1 + (index / (known.length - 1)) * (width - 3);
    const y = height - 3 - ((value - low) / span) * (height - 6);
    return [x.toFixed(1), y.toFixed(1)] as const;
  });
  const last = points.at(-1);
  return {
    path: `M${points.map((point) => point.join(',')).join(' ')}`,
    x: last?.[0] ?? '0',
    y: last?.[1] ?? '0',
  };
}

/** Where a time stands on the logarithmic scale from 1 ms to 10 s, from 0 to 100. */
export const onLogScale = (milliseconds: number): number =>
  Math.min(100, Math.max(0, (Math.log10(Math.max(milliseconds, 1)) / 4) * 100));
