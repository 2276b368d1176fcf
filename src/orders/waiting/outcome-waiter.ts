import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import type { OrderReader, StoredOrder } from '../../adapters/postgres/order-reader.ts';
import { ORDER_STATUSES, type OrderStatus } from '../../contracts/order-status.ts';
import { isDecided } from '../../domain/order-status.ts';
import { subscribeToOrder, type EventFilter, type OrderSubscription } from './order-subscription.ts';

/** The order is read this often without any event: the feed may have lost its connection. */
const POLL_INTERVAL_MS = 1_000;

/** Whether nothing more happens by itself: the outcome is known, or the customer or a reviewer has to act first. */
export const isAtRest = (status: OrderStatus): boolean =>
  isDecided(status) || status === 'awaiting_customer' || status === 'in_review';

/** {@link isAtRest} for a status as the event feed has it. */
export const isRestStatus = (status: string | undefined): boolean =>
  ORDER_STATUSES.some((known) => known === status && isAtRest(known));

/** Every order passes `placed` and `reserved` on its way to an outcome: reading it then would be one query too many. */
const mayBeAtRest: EventFilter = (sequence, status) =>
  status === undefined ? sequence > 1 : isRestStatus(status);

export interface OutcomeWaiter {
  /** Subscribe before you do what the outcome depends on: then no event is missed. Unsubscribe in the end. */
  subscribe(orderId: string): Subscription;
  /** Ends every wait at once, now and later. Call it when the process ends. */
  close(): void;
}

export interface Subscription {
  /**
   * The order as soon as it is at rest, or as it is at the deadline (Unix milliseconds); `undefined` if PostgreSQL does
   * not have it by then or cannot be reached. `isAbandoned` is called now and then; true ends the wait.
   */
  untilAtRest(deadline: number, isAbandoned?: () => boolean): Promise<StoredOrder | undefined>;
  unsubscribe(): void;
}

/** Waits for the outcomes of orders: the event feed wakes it, and it polls in case the feed misses an event. */
export function createOutcomeWaiter(feed: EventFeed, reader: OrderReader): OutcomeWaiter {
  const open = new Set<OrderSubscription>();
  let closed = false;

  return {
    subscribe(orderId) {
      const events = subscribeToOrder(feed, orderId, mayBeAtRest);
      open.add(events);
      return {
        async untilAtRest(deadline, isAbandoned) {
          let latest: StoredOrder | undefined;
          for (;;) {
            const leftMs = deadline - Date.now();
            if (leftMs > 0 && !closed) await events.next(Math.min(leftMs, POLL_INTERVAL_MS));
            if (isAbandoned?.()) return latest;
            latest = (await findIfReachable(orderId)) ?? latest;
            if (latest && isAtRest(latest.view.status)) return latest;
            if (closed || Date.now() >= deadline) return latest;
          }
        },
        unsubscribe() {
          open.delete(events);
          events.close();
        },
      };
    },
    close() {
      closed = true;
      for (const events of open) events.close();
    },
  };

  /** The order is durable already, so that a failure of PostgreSQL at this moment must not fail the caller's request. */
  function findIfReachable(orderId: string): Promise<StoredOrder | undefined> {
    return reader.find(orderId).catch(() => undefined);
  }
}
