import type { EventFeed } from '../../adapters/postgres/event-feed.ts';

/** Someone who waits for news of one order. Many events between two looks are one piece of news. */
export interface OrderWatch {
  /** Resolves at the next news, at once if there was some since the last call, or after `timeoutMs` without any. */
  news(timeoutMs: number): Promise<void>;
  /** Ends the present and every later wait at once. Safe to call twice. */
  close(): void;
}

/** Whether an event matters to the waiter; `status` is what the order became by it, if the feed says so. */
export type IsNews = (sequence: number, status: string | undefined) => boolean;

/**
 * Begins to listen, so nothing is missed that happens from now on, be it before the first call of `news`.
 * `isNews` keeps events from waking the waiter that cannot matter to it; sequence 0 (some were missed) always wakes it.
 */
export function watchOrder(feed: EventFeed, orderId: string, isNews: IsNews = () => true): OrderWatch {
  let pending = false;
  let closed = false;
  let wake: (() => void) | undefined;
  const unsubscribe = feed.subscribe(orderId, (_, sequence, status) => {
    if (sequence !== 0 && !isNews(sequence, status)) return;
    pending = true;
    wake?.();
  });

  return {
    news(timeoutMs) {
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
