/** Times in milliseconds. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly average: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Summarises measurements; returns `undefined` if there are none. */
export function summarise(samples: readonly number[]): Summary | undefined {
  const sorted = Float64Array.from(samples).sort();
  const [min] = sorted;
  if (min === undefined) return undefined;
  return {
    count: sorted.length,
    min,
    average: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: percentile(sorted, 100),
  };
}

/**
 * The smallest sample that at least `percent` percent of the samples do not exceed (nearest rank). It is always a measured
 * value, never an interpolated one.
 *
 * @param sorted ascending, not empty
 * @param percent above 0, at most 100
 */
export function percentile(sorted: Float64Array, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  const value = sorted[Math.max(rank, 1) - 1];
  if (value === undefined) throw new RangeError('There is no percentile of an empty list');
  return value;
}
