/** Pauses that double from `firstMs` up to `maxMs`. Milliseconds. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
  /** From this round on, the pauses grow again, up to this `maxMs`. */
  later?: { fromRound: number; maxMs: number };
}

/** The pause before the retry that follows the failed round `round`, which counts from 0. Milliseconds. */
export const pauseBefore = (round: number, { firstMs, maxMs, later }: Backoff): number =>
  later !== undefined && round >= later.fromRound
    ? Math.min(maxMs * 2 ** Math.min(round - later.fromRound + 1, 40), later.maxMs)
    : Math.min(firstMs * 2 ** Math.min(round, 40), maxMs);
