import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import { isRestStatus } from '../waiting/outcome-waiter.ts';

/** So long a group keeps its lane at most, however slow the provider is. Milliseconds. */
const AT_MOST_MS = 100;

/** One in so many may still be moving: a slow payment does not hold back those who come after its group. */
const STRAGGLERS = 10;

/** Orders that have left together, as whoever may let others go sees them. */
export interface InFlight {
  /**
   * Resolves when none of them has anything left to do before its customer can be told, save one in {@link STRAGGLERS};
   * or after {@link AT_MOST_MS}.
   */
  untilAtRest(): Promise<void>;
  /** Ends the listening. Safe to call twice. */
  forget(): void;
}

export type TrackInFlight = (orderIds: readonly string[]) => InFlight;

/** Nobody waits for them. */
export const NOT_TRACKED: TrackInFlight = () => ({
  untilAtRest: () => Promise.resolve(),
  forget: () => undefined,
});

/** Begins to listen before the orders are started; then nothing is missed. */
export function createInFlightTracker(feed: EventFeed, atMostMs = AT_MOST_MS): TrackInFlight {
  return (orderIds) => {
    const moving = new Map<string, () => void>();
    let atRest = (): void => undefined;
    const allAtRest = new Promise<void>((resolve) => (atRest = resolve));
    const stragglers = orderIds.length === 1 ? 0 : Math.ceil(orderIds.length / STRAGGLERS);
    for (const orderId of orderIds)
      moving.set(
        orderId,
        feed.subscribe(orderId, (_, sequence, status) => {
          if (sequence === 0 || !isRestStatus(status)) return;
          moving.get(orderId)?.();
          moving.delete(orderId);
          if (moving.size <= stragglers) atRest();
        }),
      );
    return {
      async untilAtRest() {
        const timer = setTimeout(atRest, atMostMs);
        await allAtRest;
        clearTimeout(timer);
      },
      forget() {
        for (const unsubscribe of moving.values()) unsubscribe();
        moving.clear();
      },
    };
  };
}
