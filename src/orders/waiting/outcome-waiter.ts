import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import type { OrderReader, StoredOrder } from '../../adapters/postgres/order-reader.ts';
import { ORDER_STATUSES, type OrderStatus } from '../../contracts/order-status.ts';
import { isDecided } from '../../domain/order-status.ts';
import { watchOrder, type IsNews, type OrderWatch } from './order-watch.ts';

/** Without news the order is read anyway: the feed may have lost its connection. */
const POLL_MS = 1_000;

/** Nobody needs to wait any longer: the outcome is known, or somebody else has to act first. */
export const isAtRest = (status: OrderStatus): boolean =>
  isDecided(status) || status === 'awaiting_customer' || status === 'in_review';

/** {@link isAtRest} of a status as the event feed has it. */
export const isRestStatus = (status: string | undefined): boolean =>
  ORDER_STATUSES.some((known) => known === status && isAtRest(known));

/** An order is `placed` and `reserved` on its way to every outcome: reading it then would be one look too many. */
const mayBeAtRest: IsNews = (sequence, status) =>
  status === undefined ? sequence > 1 : isRestStatus(status);

export interface OutcomeWaiter {
  /** Listen before the thing is done whose outcome is waited for; then nothing is missed. Leave in the end. */
  enter(orderId: string): Subscription;
  /** Sends everyone home, now and later: the process ends. */
  close(): void;
}

export interface Subscription {
  /**
   * The order as soon as it is at rest, or as it is at the deadline (milliseconds since 1970); `undefined` if PostgreSQL
   * does not know it by then or cannot be asked. `isAbandoned` is asked now and then whether anyone still waits.
   */
  untilAtRest(deadline: number, isAbandoned?: () => boolean): Promise<StoredOrder | undefined>;
  leave(): void;
}

/** Where callers wait for the outcome of their orders: woken by the event feed, with a slow poll as the net below. */
export function createOutcomeWaiter(feed: EventFeed, reader: OrderReader): OutcomeWaiter {
  const watches = new Set<OrderWatch>();
  let closed = false;

  return {
    enter(orderId) {
      const watch = watchOrder(feed, orderId, mayBeAtRest);
      watches.add(watch);
      return {
        async untilAtRest(deadline, isAbandoned) {
          let latest: StoredOrder | undefined;
          for (;;) {
            const left = deadline - Date.now();
            if (left > 0 && !closed) await watch.news(Math.min(left, POLL_MS));
            if (isAbandoned?.()) return latest;
            latest = (await look(orderId)) ?? latest;
            if (latest && isAtRest(latest.view.status)) return latest;
            if (closed || Date.now() >= deadline) return latest;
          }
        },
        leave() {
          watches.delete(watch);
          watch.close();
        },
      };
    },
    close() {
      closed = true;
      for (const watch of watches) watch.close();
    },
  };

  /** The order is accepted: that PostgreSQL cannot be asked at this moment is no reason to tell the caller otherwise. */
  function look(orderId: string): Promise<StoredOrder | undefined> {
    return reader.find(orderId).catch(() => undefined);
  }
}
