import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import { ORDER_STATUSES } from '../contracts/order-status.ts';
import type { OrderEvent } from '../contracts/http/order.ts';
import { isEnd } from '../domain/order-status.ts';
import { subscribeToOrder, type OrderSubscription } from '../orders/waiting/order-subscription.ts';

/** A comment this often keeps proxies from closing a quiet stream, and looks for what the feed may have missed. Milliseconds. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': heartbeat\n\n';
/** Sent at once, so that the client knows it is connected; and what it shall wait before it connects anew, in milliseconds. */
const GREETING = 'retry: 1000\n: connected\n\n';

export interface EventStreamOptions {
  reader: OrderReader;
  feed: EventFeed;
  orderId: string;
  /** The sequence of the last event that the client has. */
  after: number;
}

/** The events of one order as `text/event-stream`, from those that the client lacks on, as they happen. */
export interface EventStream {
  frames: AsyncGenerator<string, void, void>;
  /** Ends the frames. Safe to call twice. */
  close(): void;
}

/**
 * Ends by itself when the order has come to its end and everything was sent. Listens before it reads, so no event falls
 * in between; what is sent is always read from PostgreSQL, in order and without gaps.
 */
export function openEventStream(options: EventStreamOptions): EventStream {
  const subscription = subscribeToOrder(options.feed, options.orderId);
  let open = true;
  return {
    frames: frames(options, subscription, () => open),
    close() {
      open = false;
      subscription.close();
    },
  };
}

async function* frames(
  { reader, orderId, after }: EventStreamOptions,
  subscription: OrderSubscription,
  isOpen: () => boolean,
): AsyncGenerator<string, void, void> {
  let last = after;
  try {
    yield GREETING;
    while (isOpen()) {
      const events = await reader.events(orderId, last);
      for (const event of events) yield frame(event);
      last = events.at(-1)?.sequence ?? last;
      if (events.some(endsOrder)) return;
      if (events.length === 0) yield HEARTBEAT;
      await subscription.next(HEARTBEAT_MS);
    }
  } finally {
    subscription.close();
  }
}

const frame = (event: OrderEvent): string =>
  `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Whether nothing happens to the order any more after this event. */
export const endsOrder = ({ data }: OrderEvent): boolean =>
  ORDER_STATUSES.some((status) => status === data['status'] && isEnd(status));
