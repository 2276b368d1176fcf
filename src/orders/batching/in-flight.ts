import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import { isRestStatus } from '../waiting/outcome-waiter.ts';

/** A batch is in progress for this long at most, however slow the payment provider is. Milliseconds. */
const MAX_IN_PROGRESS_MS = 100;

/** One order in this many may still be moving: a slow payment does not hold back the orders that come after its batch. */
const ORDERS_PER_STRAGGLER = 10;

/** The orders of one batch, until they are at rest. */
export interface InFlight {
  /**
   * Resolves when every order is at rest, save one in {@link ORDERS_PER_STRAGGLER}; or after {@link MAX_IN_PROGRESS_MS}.
   */
  untilAtRest(): Promise<void>;
  /** Safe to call twice. */
  unsubscribe(): void;
}

export type TrackInFlight = (orderIds: readonly string[]) => InFlight;

/** Every batch is at rest at once. */
export const NOT_TRACKED: TrackInFlight = () => ({
  untilAtRest: () => Promise.resolve(),
  unsubscribe: () => undefined,
});

/** Track a batch before its orders are started: then no event is missed. */
export function createInFlightTracker(feed: EventFeed, maxInProgressMs = MAX_IN_PROGRESS_MS): TrackInFlight {
  return (orderIds) => {
    const moving = new Map<string, () => void>();
    let atRest = (): void => undefined;
    const allAtRest = new Promise<void>((resolve) => (atRest = resolve));
    const maxStragglers = orderIds.length === 1 ? 0 : Math.ceil(orderIds.length / ORDERS_PER_STRAGGLER);
    for (const orderId of orderIds)
      moving.set(
        orderId,
        feed.subscribe(orderId, (_, sequence, status) => {
          if (sequence === 0 || !isRestStatus(status)) return;
          moving.get(orderId)?.();
          moving.delete(orderId);
          if (moving.size <= maxStragglers) atRest();
        }),
      );
    return {
      async untilAtRest() {
        const timer = setTimeout(atRest, maxInProgressMs);
        await allAtRest;
        clearTimeout(timer);
      },
      unsubscribe() {
        for (const unsubscribe of moving.values()) unsubscribe();
        moving.clear();
      },
    };
  };
}
