import pg from 'pg';
import type { Logger } from 'pino';
import { errorCode } from './pool.ts';

/** `status`: what the order became by the event, where the notification says so. */
export type EventListener = (orderId: string, sequence: number, status?: string) => void;

/** Tells in the moment of the commit which order has a new event. A wake-up, not a log: what was missed is read. */
export interface EventFeed {
  /** Calls back for each new event of the order, and with sequence 0 after a reconnect, when some may have been missed. */
  subscribe(orderId: string, listener: EventListener): () => void;
  close(): Promise<void>;
}

const RECONNECT_MS = 250;

/** One listening connection for the whole process; it is made anew whenever it breaks. */
export async function openEventFeed(url: string, logger?: Logger): Promise<EventFeed> {
  const listeners = new Map<string, Set<EventListener>>();
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'durable-checkout feed',
      keepAlive: true,
    });
    next.on('error', (error) =>
      logger?.warn({ code: errorCode(error) }, 'the event feed lost its connection'),
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
          for (const [orderId, some] of listeners) for (const listener of some) listener(orderId, 0);
        },
        (error: unknown) => {
          logger?.warn({ code: errorCode(error) }, 'the event feed cannot connect');
          reconnectLater();
        },
      );
    }, RECONNECT_MS);
  }

  await connect();

  return {
    subscribe(orderId, listener) {
      const some = listeners.get(orderId) ?? new Set();
      some.add(listener);
      listeners.set(orderId, some);
      return () => {
        some.delete(listener);
        if (some.size === 0 && listeners.get(orderId) === some) listeners.delete(orderId);
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
