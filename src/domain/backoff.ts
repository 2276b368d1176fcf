/** Pauses that double from `firstMs` up to `maxMs`. Milliseconds. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
  /** From this round on, the pauses grow again, by this factor (default 2) and up to this `maxMs`. */
  later?: { fromRound: number; maxMs: number; factor?: number };
}

export const DAY_MS = 86_400_000;

/**
 * For what has failed for long: each pause is a quarter longer than the one before, so it is about a quarter of the time that has passed, and a
 * day at last. An outage of an hour is over for everybody a quarter of an hour after its end, and a failure of a year is a few hundred rounds.
 */
export const growingFrom = (fromRound: number, maxMs: number = DAY_MS): NonNullable<Backoff['later']> => ({
  fromRound,
  maxMs,
  factor: 1.25,
});

/** The pause before the retry that follows the failed round `round`, which counts from 0. Milliseconds. */
export const pauseBefore = (round: number, { firstMs, maxMs, later }: Backoff): number =>
  later !== undefined && round >= later.fromRound
    ? Math.min(
        Math.round(maxMs * (later.factor ?? 2) ** Math.min(round - later.fromRound + 1, 400)),
        later.maxMs,
      )
    : Math.min(firstMs * 2 ** Math.min(round, 40), maxMs);
