import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { EVERY_SOURCE, PAYMENT_PROVIDER, type BrakeKind } from '../../contracts/brakes.ts';
import type { BrakeOn, Brakes } from '../../contracts/ports/brakes.ts';
import { CONNECTION_OPTIONS, endConnection } from './connection.ts';
import { errorCode } from './pool.ts';

/** The brakes of a process, and the connection that they come by. */
export interface BrakeWatch extends Brakes {
  /** Reads the brakes anew. Never rejects: without PostgreSQL they stay as they are. */
  refresh(): Promise<void>;
  /** Writes what was counted, and ends the connection. */
  close(): Promise<void>;
}

/** A change is seen at once by its notification; a notification that is lost costs this time. Milliseconds. */
const POLL_INTERVAL_MS = 500;
/** Milliseconds. */
const COUNT_INTERVAL_MS = 1_000;
const RECONNECT_INTERVAL_MS = 250;

/** A statement that hangs must not make a brake late: then the connection is opened anew. Milliseconds. */
const TIMEOUTS = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 2_000,
  query_timeout: 2_500,
} as const;

interface BrakeRow {
  brake_id: string;
  kind: BrakeKind;
  target: string;
}

const READ = {
  name: 'read_brakes',
  text: 'select brake_id, kind, target from brakes where released_at is null order by brake_id',
};

/**
 * Reads the brakes, and then watches them on a connection of its own, which no other work of the process can delay. It resolves when they
 * are known, so that a process that starts while one is on keeps it from its first order on; it rejects if PostgreSQL cannot be reached.
 */
export async function openBrakes(url: string, logger: Logger): Promise<BrakeWatch> {
  const listeners = new Set<() => void>();
  const counted = new Map<number, number>();
  let on: ReadonlyMap<string, BrakeOn> = new Map();
  let client: pg.Client | undefined;
  let reading: Promise<void> | undefined;
  let isStale = false;
  const closing = new AbortController();

  const isClosed = (): boolean => closing.signal.aborted;
  const pause = (ms: number): Promise<unknown> =>
    delay(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'durable-checkout brakes',
      ...CONNECTION_OPTIONS,
      ...TIMEOUTS,
    });
    next.on('error', (error) => {
      logger.warn({ code: errorCode(error) }, 'the brakes lost their connection to PostgreSQL');
    });
    next.on('end', () => {
      if (client === next) client = undefined;
    });
    next.on('notification', () => void refresh());
    try {
      await next.connect();
      await next.query('listen brakes');
      await read(next);
    } catch (error) {
      void endConnection(next);
      throw error;
    }
    client = next;
    // A change may have come after the read, when there was no connection to read it by.
    if (isStale) void refresh();
  }

  async function read(from: pg.Client): Promise<void> {
    const { rows } = await from.query<BrakeRow>(READ);
    const found = new Map(
      rows.map(({ brake_id, kind, target }) => [
        keyOf(kind, target),
        { brakeId: Number(brake_id), kind, target },
      ]),
    );
    const isSame =
      found.size === on.size && [...found].every(([key, { brakeId }]) => on.get(key)?.brakeId === brakeId);
    if (isSame) return;
    on = found;
    logger.info(
      { brakes: rows.map(({ kind, target }) => `${kind} ${target}`) },
      'the brakes that are on have changed',
    );
    for (const listener of [...listeners]) listener();
  }

  /** One read at a time. A change that comes during a read is read by the next one, which the same promise includes. */
  function refresh(): Promise<void> {
    isStale = true;
    reading ??= readAll().finally(() => (reading = undefined));
    return reading;
  }

  async function readAll(): Promise<void> {
    while (isStale && client) {
      isStale = false;
      const from = client;
      try {
        await read(from);
      } catch {
        if (client === from) client = undefined;
        void endConnection(from);
      }
    }
  }

  async function writeCounts(): Promise<void> {
    if (!client || counted.size === 0) return;
    const written = [...counted];
    try {
      await client.query(
        `update brakes b set affected = affected + c.n
           from unnest($1::bigint[], $2::bigint[]) c (brake_id, n) where b.brake_id = c.brake_id`,
        [written.map(([brakeId]) => brakeId), written.map(([, n]) => n)],
      );
    } catch (error) {
      logger.warn({ code: errorCode(error) }, 'the count of a brake was not written; it is written later');
      return;
    }
    for (const [brakeId, n] of written) {
      const left = (counted.get(brakeId) ?? 0) - n;
      if (left > 0) counted.set(brakeId, left);
      else counted.delete(brakeId);
    }
  }

  async function poll(): Promise<void> {
    while (!isClosed()) {
      await pause(client ? POLL_INTERVAL_MS : RECONNECT_INTERVAL_MS);
      if (isClosed()) return;
      if (client) await refresh();
      else
        await connect().catch((error: unknown) => {
          logger.warn({ code: errorCode(error) }, 'the brakes cannot be read; the last ones stay on');
        });
    }
  }

  async function count(): Promise<void> {
    while (!isClosed()) {
      await pause(COUNT_INTERVAL_MS);
      await writeCounts();
    }
  }

  await connect();
  const running = Promise.all([poll(), count()]);

  return {
    intake({ by, source }) {
      if (on.size === 0) return undefined;
      return (
        on.get(keyOf('intake', EVERY_SOURCE)) ??
        on.get(keyOf('intake', by)) ??
        (source === undefined ? undefined : on.get(keyOf('intake', source)))
      );
    },
    provider: () => (on.size === 0 ? undefined : on.get(keyOf('provider', PAYMENT_PROVIDER))),
    sku: (sku) => (on.size === 0 ? undefined : on.get(keyOf('sku', sku))),
    all: () => [...on.values()],
    count({ brakeId }) {
      counted.set(brakeId, (counted.get(brakeId) ?? 0) + 1);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    refresh,
    async close() {
      closing.abort();
      await running;
      await writeCounts();
      if (client) await endConnection(client);
    },
  };
}

const keyOf = (kind: BrakeKind, target: string): string => `${kind} ${target}`;
