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
