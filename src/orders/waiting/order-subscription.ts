import type { EventFeed } from '../../adapters/postgres/event-feed.ts';

/** Wakes one waiter at the events of one order. Several events between two calls of `next` wake it once. */
export interface OrderSubscription {
  /** Resolves at the next event, at once if there was one since the last call; or after `timeoutMs` without any. */
  next(timeoutMs: number): Promise<void>;
  /** Ends the present and every later call of `next` at once. Safe to call twice. */
  close(): void;
}

/** Whether an event wakes the waiter; `status` is what the order became by it, if the feed says so. */
export type EventFilter = (sequence: number, status: string | undefined) => boolean;

/**
 * Subscribes at once, so that no event is missed from now on, though it may happen before the first call of `next`.
 * Events that `wakes` refuses do not wake the waiter; sequence 0, which means that some events were missed, always does.
 */
export function subscribeToOrder(
  feed: EventFeed,
  orderId: string,
  wakes: EventFilter = () => true,
): OrderSubscription {
  let pending = false;
  let closed = false;
  let wake: (() => void) | undefined;
  const unsubscribe = feed.subscribe(orderId, (_, sequence, status) => {
    if (sequence !== 0 && !wakes(sequence, status)) return;
    pending = true;
    wake?.();
  });

  return {
    next(timeoutMs) {
      if (pending || closed) {
        pending = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const timer = setTimeout(done, timeoutMs);
        wake = done;
        function done(): void {
          clearTimeout(timer);
          wake = undefined;
          pending = false;
          resolve();
        }
      });
    },
    close() {
      closed = true;
      unsubscribe();
      wake?.();
    },
  };
}
