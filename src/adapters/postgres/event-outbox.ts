import pg from 'pg';
import { CONNECTION_OPTIONS, endConnection, SESSION_TIMEOUTS } from './connection.ts';
import type { OutboxEvent } from '../../contracts/ports/event-destination.ts';
import type { Logger } from '../../platform/logging.ts';
import { errorCode, type Pool } from './pool.ts';

/** Where a new destination begins to read the outbox. */
export type OutboxStart = 'beginning' | 'now';

/** The lease of a destination, which makes this process the only one that delivers events to it. */
export interface LeasedDestination {
  /** Returns the next events that were not delivered yet, in order, or none if there are no more for now. */
  next(limit: number): Promise<OutboxEvent[]>;
  /** Records that every event up to this one was delivered. */
  advance(last: OutboxEvent): Promise<void>;
  /** Resolves when there may be more events, or after this many milliseconds. */
  waitForEvents(withinMs: number): Promise<void>;
  /** Aborted when the lease is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface OutboxRow {
  tx: string | number;
  position: string | number;
  order_id: string;
  sequence: number;
  type: string;
  data: Record<string, unknown>;
  occurred_at: Date;
  traceparent?: string | null;
}

const COLUMNS = 'tx, position, order_id, sequence, type, data, occurred_at';
const after = (columns: string): string => `
  select ${columns} from order_events e
   where (tx, position) > ($1::bigint, $2::bigint)
   order by tx, position limit $3`;
const READ = { name: 'read_outbox', text: after(COLUMNS) };
const READ_WITH_TRACES = {
  name: 'read_outbox_with_traces',
  text: after(`${COLUMNS}, (select o.traceparent from orders o where o.order_id = e.order_id)`),
};

/** Gives the events that were committed since the last read their positions. */
const NUMBER = { name: 'number_order_events', text: 'select number_order_events()' };
/** The same without relying on what the last read has seen. */
const NUMBER_ALL = 'select number_order_events(p_all => true)';
/**
 * How often all events without a position are looked for. That finds what the usual search cannot: events that were inserted after a
 * backup was restored, but before a relay was started. Milliseconds.
 */
const NUMBER_ALL_INTERVAL_MS = 60_000;

export const toOutboxEvent = (row: OutboxRow): OutboxEvent => ({
  cursor: `${row.tx}.${row.position}`,
  orderId: row.order_id,
  sequence: row.sequence,
  type: row.type,
  data: row.data,
  occurredAt: row.occurred_at,
  ...(row.traceparent != null && { traceparent: row.traceparent }),
});

/**
 * Logs what an operator has to know when a destination is served in a restored database: the events go on, but the destination may have
 * received events that the database does not have.
 */
async function warnOfRestore(client: pg.Client, destination: string, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ changed: boolean; ahead: boolean }>(
    `select recognise_database() as changed,
            exists (select from event_destinations d, event_ticks t where d.name = $1 and d.tx > t.tick + 1) as ahead`,
    [destination],
  );
  if (rows[0]?.changed === true)
    logger.warn(
      'relay found another database than before: it was restored or failed over, and destinations may have received events that it does not have',
    );
  if (rows[0]?.ahead === true)
    logger.warn(
      { destination },
      `the position of destination ${destination} is after the last event: it has received events that the database does not have`,
    );
}

/** Returns the position of a cursor; an empty cursor is the beginning. @throws {TypeError} if the text is not a cursor */
function positionOf(cursor: string): [string, string] {
  if (cursor === '') return ['0', '0'];
  const [, tx, position] = /^(\d{1,18})\.(\d{1,18})$/.exec(cursor) ?? [];
  if (tx === undefined || position === undefined) throw new TypeError('it is not a cursor of an event');
  return [tx, position];
}

/** Reads the events after a cursor, for a subscriber that has missed some. @throws {TypeError} if the text is not a cursor */
export async function readOutbox(pool: Pool, cursor: string, limit: number): Promise<OutboxEvent[]> {
  const position = positionOf(cursor);
  await pool.query(NUMBER);
  const { rows } = await pool.query<OutboxRow>({
    ...READ,
    values: [...position, limit],
  });
  return rows.map(toOutboxEvent);
}

/**
 * Leases a destination by an advisory lock of a PostgreSQL session, so the lease ends with the connection. Creates the destination's
 * position in the outbox if there is none.
 *
 * @param withTraces whether the events have the `traceparent` of their orders
 * @returns `undefined` if another process has the lease
 */
export async function leaseDestination(
  url: string,
  name: string,
  start: OutboxStart,
  logger: Logger,
  withTraces = false,
): Promise<LeasedDestination | undefined> {
  const lost = new AbortController();
  const client = new pg.Client({
    connectionString: url,
    application_name: `durable-checkout relay ${name}`,
    ...CONNECTION_OPTIONS,
    ...SESSION_TIMEOUTS,
  });
  client.on('error', (error) => {
    logger.warn({ destination: name, code: errorCode(error) }, 'relay lost its connection to PostgreSQL');
    lost.abort();
  });
  client.on('end', () => {
    lost.abort();
  });
  let wake: () => void = () => undefined;
  let isNotified = false;
  client.on('notification', () => {
    isNotified = true;
    wake();
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
      [`durable-checkout relay ${name}`],
    );
    if (rows[0]?.held !== true) {
      await endConnection(client);
      return undefined;
    }
    // Before events are given positions, which are after that of every destination.
    await warnOfRestore(client, name, logger);
    await client.query(NUMBER_ALL);
    await client.query(
      `insert into event_destinations (name, tx, position)
       select $1, case when $2 then event_feed_end() else 0 end, 0
        where not exists (select from event_destinations where name = $1) on conflict (name) do nothing`,
      [name, start === 'now'],
    );
    await client.query('listen order_events');
  } catch (error) {
    await endConnection(client);
    throw error;
  }
  const found = await client.query<{ tx: string; position: string }>(
    'select tx, position from event_destinations where name = $1',
    [name],
  );
  let { tx, position } = found.rows[0] ?? { tx: '0', position: '0' };
  let numberedAllAt = performance.now();

  return {
    lost: lost.signal,

    async next(limit) {
      isNotified = false;
      if (performance.now() - numberedAllAt < NUMBER_ALL_INTERVAL_MS) await client.query(NUMBER);
      else {
        await client.query(NUMBER_ALL);
        numberedAllAt = performance.now();
      }
      const { rows } = await client.query<OutboxRow>({
        ...(withTraces ? READ_WITH_TRACES : READ),
        values: [tx, position, limit],
      });
      return rows.map(toOutboxEvent);
    },

    async advance({ cursor }) {
      const [toTx, toPosition] = positionOf(cursor);
      await client.query({
        name: 'advance_destination',
        text: `update event_destinations set tx = $2, position = $3, delivered_at = clock_timestamp()
                where name = $1`,
        values: [name, toTx, toPosition],
      });
      [tx, position] = [toTx, toPosition];
    },

    async waitForEvents(withinMs) {
      if (isNotified || lost.signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        lost.signal.addEventListener('abort', wake, { once: true });
      });
      lost.signal.removeEventListener('abort', wake);
    },

    async release() {
      wake();
      await endConnection(client);
    },
  };
}
