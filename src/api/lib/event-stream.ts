import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { ORDER_STATUSES } from '../../contracts/order-status.ts';
import type { OrderEvent } from '../../contracts/http/order.ts';
import { isEnd } from '../../domain/order-status.ts';
import { subscribeToOrder, type OrderSubscription } from '../../orders/waiting/order-subscription.ts';

/**
 * After this time without an event, a comment is sent, so that proxies do not close the stream; and the events are read
 * again, since the feed may have missed one. Milliseconds.
 */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': heartbeat\n\n';
/** Sent at once, so that the client knows that it is connected. `retry`: how long it waits before it reconnects, in milliseconds. */
const GREETING = 'retry: 1000\n: connected\n\n';

export interface EventStreamOptions {
  reader: OrderReader;
  feed: EventFeed;
  orderId: string;
  /** The sequence of the last event that the client has received. */
  after: number;
  /** Whether the last event of the order is known already, so that the stream ends when everything was sent. */
  hasEnded: boolean;
}

/** The events of one order as `text/event-stream`: those that the client has missed, and then each new one. */
export interface EventStream {
  frames: AsyncGenerator<string, void, void>;
  /** Ends the frames. Safe to call twice. */
  close(): void;
}

/**
 * Ends by itself when nothing happens to the order any more and every event was sent. It subscribes before it reads, so that
 * no event is missed. The events are always read from PostgreSQL, in order and without gaps.
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
  { reader, orderId, after, hasEnded }: EventStreamOptions,
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
      if (hasEnded || events.some(endsOrder)) return;
      if (events.length === 0) yield HEARTBEAT;
      await subscription.next(HEARTBEAT_MS);
    }
  } finally {
    subscription.close();
  }
}

const frame = (event: OrderEvent): string =>
  `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Whether the order ends with this event. Money that arrives afterwards, and is refunded, still adds events. */
export const endsOrder = ({ data }: OrderEvent): boolean =>
  ORDER_STATUSES.some((status) => status === data['status'] && isEnd(status));
