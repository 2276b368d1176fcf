/** A pause that doubles: first, 2 x first, 4 x first … at most `max`. Milliseconds; `round` counts from 0. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
  /** From this round on it may grow further. */
  later?: { fromRound: number; maxMs: number };
}

export const pauseBefore = (round: number, { firstMs, maxMs, later }: Backoff): number =>
  later !== undefined && round >= later.fromRound
    ? Math.min(maxMs * 2 ** Math.min(round - later.fromRound + 1, 40), later.maxMs)
    : Math.min(firstMs * 2 ** Math.min(round, 40), maxMs);
