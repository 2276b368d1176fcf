import pg from 'pg';
import { CONNECTION_OPTIONS, endConnection, SESSION_TIMEOUTS } from './connection.ts';
import type { Logger } from 'pino';
import { errorCode } from './pool.ts';

/** @param status the order's status after the event, if the notification has it */
export type EventListener = (orderId: string, sequence: number, status?: string) => void;

/**
 * Notifies listeners when an order has a new event, as soon as it is committed, by PostgreSQL's LISTEN and NOTIFY. It is not a log:
 * events that a listener missed have to be read from the tables.
 */
export interface EventFeed {
  /** Calls the listener for each new event of the order, and with sequence 0 after a reconnect, when events may have been missed. */
  subscribe(orderId: string, listener: EventListener): () => void;
  close(): Promise<void>;
}

const RECONNECT_INTERVAL_MS = 250;

/** Opens one listening connection for the whole process. It reconnects whenever the connection is lost. */
export async function openEventFeed(url: string, logger?: Logger): Promise<EventFeed> {
  const listeners = new Map<string, Set<EventListener>>();
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

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
      return () => {
        ofOrder.delete(listener);
        if (ofOrder.size === 0 && listeners.get(orderId) === ofOrder) listeners.delete(orderId);
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      if (client) await endConnection(client);
    },
  };
}
