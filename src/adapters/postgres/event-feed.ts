import pg from 'pg';
import { CONNECTION_OPTIONS, endConnection, SESSION_TIMEOUTS } from './connection.ts';
import type { Logger } from 'pino';
import { errorCode } from './pool.ts';

/** @param status the order's status after the event, if the notification has it */
export type EventListener = (orderId: string, sequence: number, status?: string) => void;

/**
 * Notifies listeners when an order has a new event, when it is committed or some milliseconds later, by PostgreSQL's LISTEN and NOTIFY. It is
 * not a log: notifications may come in another order than the events, and events that a listener missed have to be read from the tables.
 */
export interface EventFeed {
  /** Calls the listener for each new event of the order, and with sequence 0 after a reconnect, when events may have been missed. */
  subscribe(orderId: string, listener: EventListener): () => void;
  close(): Promise<void>;
}

const RECONNECT_INTERVAL_MS = 250;
/**
 * Transactions that commit while another one notifies do not notify themselves: their events are found by a look at the feed, which
 * notifies of them. The first look follows a notification after the delay, and the one before after the minimum; then the interval doubles
 * up to the maximum, as long as anybody listens. Milliseconds.
 */
const FIRST_POLL_DELAY_MS = 5;
const MIN_POLL_INTERVAL_MS = 50;
const MAX_POLL_INTERVAL_MS = 250;

const LOOK = {
  name: 'look_at_order_events',
  text: 'select look_at_order_events($1) as n',
  values: [MAX_POLL_INTERVAL_MS],
};

/** Opens one listening connection for the whole process. It reconnects whenever the connection is lost. */
export async function openEventFeed(url: string, logger?: Logger): Promise<EventFeed> {
  const listeners = new Map<string, Set<EventListener>>();
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let look: { at: number; timer: NodeJS.Timeout } | undefined;
  let isLooking = false;
  let lastLookAt = -Infinity;

  /** Never later than a look that is planned already, however many notifications come. */
  function lookWithin(intervalMs: number): void {
    const at = performance.now() + intervalMs;
    if (closed || (look && look.at <= at)) return;
    clearTimeout(look?.timer);
    look = { at, timer: setTimeout(() => void lookNow(intervalMs), intervalMs) };
  }

  function lookSoon(): void {
    lookWithin(Math.max(FIRST_POLL_DELAY_MS, lastLookAt + MIN_POLL_INTERVAL_MS - performance.now()));
  }

  async function lookNow(intervalMs: number): Promise<void> {
    look = undefined;
    if (isLooking) {
      lookWithin(MIN_POLL_INTERVAL_MS);
      return;
    }
    isLooking = true;
    lastLookAt = performance.now();
    const found = await client?.query<{ n: number | null }>(LOOK).catch(() => undefined);
    isLooking = false;
    const n = found?.rows[0]?.n;
    const nextMs = (n ?? 0) > 0 ? MIN_POLL_INTERVAL_MS : Math.max(2 * intervalMs, MIN_POLL_INTERVAL_MS);
    if (listeners.size > 0) lookWithin(Math.min(nextMs, MAX_POLL_INTERVAL_MS));
    // Nobody waits, but the events that this look has left without a position need one.
    else if (n === null) lookWithin(MAX_POLL_INTERVAL_MS);
  }

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'durable-checkout feed',
      ...CONNECTION_OPTIONS,
      ...SESSION_TIMEOUTS,
    });
    next.on('error', (error) =>
      logger?.warn({ code: errorCode(error) }, 'event feed lost its connection to PostgreSQL'),
    );
    next.on('end', reconnectLater);
    next.on('notification', ({ payload = '' }) => {
      lookSoon();
      const [orderId = '', sequence = '0', status] = payload.split(' ');
      for (const listener of listeners.get(orderId) ?? []) listener(orderId, Number(sequence), status);
    });
    await next.connect();
    await next.query('listen order_events');
    client = next;
  };

  function reconnectLater(): void {
    client = undefined;
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      connect().then(
        () => {
          for (const [orderId, ofOrder] of listeners) for (const listener of ofOrder) listener(orderId, 0);
        },
        (error: unknown) => {
          logger?.warn({ code: errorCode(error) }, 'event feed cannot connect to PostgreSQL and tries again');
          reconnectLater();
        },
      );
    }, RECONNECT_INTERVAL_MS);
  }

  await connect();

  return {
    subscribe(orderId, listener) {
      const ofOrder = listeners.get(orderId) ?? new Set();
      ofOrder.add(listener);
      listeners.set(orderId, ofOrder);
      lookWithin(MAX_POLL_INTERVAL_MS);
      return () => {
        ofOrder.delete(listener);
        if (ofOrder.size === 0 && listeners.get(orderId) === ofOrder) listeners.delete(orderId);
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(look?.timer);
      if (client) await endConnection(client);
    },
  };
}
