/** How many samples are at least `from` and below `to`. */
export interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Steps between powers of ten, finest first: preferred numbers (E12 and E6 of IEC 60063, then 1-2-5, then 1). */
const SERIES: readonly (readonly number[])[] = [
  [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2],
  [1, 1.5, 2.2, 3.3, 4.7, 6.8],
  [1, 2, 5],
  [1],
];

const MAX_BUCKETS = 16;
/** Milliseconds. Smaller samples are all in the first bucket. */
const SMALLEST = 0.1;

/**
 * Counts samples in adjoining buckets whose width grows with their value, as response times spread over powers of ten.
 * Every sample is in exactly one bucket; the first and the last are not empty. Negative samples count as 0.
 */
export function histogram(samples: readonly number[]): Bucket[] {
  if (samples.length === 0) return [];
  const [low, high] = samples.reduce(
    ([min, max], each) => [Math.min(min, each), Math.max(max, each)],
    [Infinity, -Infinity],
  );
  const bounds = boundsFor(low, high);
  const counts = new Array<number>(bounds.length - 1).fill(0);
  for (const sample of samples) {
    const bucket = bucketOf(bounds, sample);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts.map((count, index) => ({
    from: bounds[index] ?? 0,
    to: bounds[index + 1] ?? Infinity,
    count,
  }));
}

/** The finest bounds that make at most {@link MAX_BUCKETS} buckets; powers of ten when even those make more. */
function boundsFor(low: number, high: number): number[] {
  const candidates = SERIES.map((steps) => boundsOf(steps, low, high));
  return (
    candidates.find((bounds) => bounds.length <= MAX_BUCKETS + 1) ?? candidates[candidates.length - 1] ?? []
  );
}

function boundsOf(steps: readonly number[], low: number, high: number): number[] {
  const bounds: number[] = [];
  let previous = 0;
  for (let exponent = Math.log10(SMALLEST); ; exponent += 1) {
    for (const step of steps) {
      const bound = tidy(step * 10 ** exponent);
      if (bound > low) {
        if (bounds.length === 0) bounds.push(previous);
        bounds.push(bound);
        if (bound > high) return bounds;
      }
      previous = bound;
    }
  }
}

/** 1.2 x 10^-1 is 0.12, not 0.12000000000000001. */
const tidy = (value: number): number => Number(value.toPrecision(3));

function bucketOf(bounds: readonly number[], sample: number): number {
  const next = bounds.findIndex((bound) => bound > sample);
  return Math.max(next, 1) - 1;
}

const BAR_WIDTH = 40;

/** The histogram as bars of text, one line for each bucket. `label` formats a bound. */
export function drawHistogram(buckets: readonly Bucket[], label: (bound: number) => string): string {
  const highest = Math.max(1, ...buckets.map(({ count }) => count));
  const names = buckets.map(({ from, to }) => [label(from), label(to)] as const);
  const width = Math.max(0, ...names.flat().map((name) => name.length));
  return buckets
    .map(({ count }, index) => {
      const [from = '', to = ''] = names[index] ?? [];
      return `${from.padStart(width)} – ${to.padStart(width)} │${bar(count / highest)} ${count}`;
    })
    .join('\n');
}

/** A bar in eighths of a character, so that a small count is visible. */
function bar(share: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * BAR_WIDTH * 8));
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : String.fromCodePoint(0x2590 - rest));
}
