/** A pause that doubles: first, 2 x first, 4 x first … at most `max`. Milliseconds; `round` counts from 0. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
}

export const pauseBefore = (round: number, { firstMs, maxMs }: Backoff): number =>
  Math.min(firstMs * 2 ** Math.min(round, 40), maxMs);
