import assert from 'node:assert/strict';
import pg from 'pg';
import { leaseDestination, readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.ts';
import type { DestinationPlan, OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { startRelay, type Relay } from '../../src/relay/relay.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { connected, openShop, type Shop } from '../support/postgres.ts';

/** The statement by which processes of 0.2 read the feed. */
const READ_OF_0_2 = `
  select tx, position, order_id, sequence from order_events
   where (tx, position) > ($1::bigint, $2::bigint) and tx < event_clock_horizon()
   order by tx, position limit $3`;

describe('the positions of events', function () {
  this.timeout(60_000);
  let shop: Shop;
  const clients: pg.Client[] = [];
  const relays: Relay[] = [];

  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await shop.close();
  });

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    clients.push(client);
    return client;
  }
  /** A session whose transaction has a number, as one that has written something. */
  async function openTransaction(): Promise<pg.Client> {
    const client = await connect();
    await client.query('begin');
    await client.query('select pg_current_xact_id()');
    return client;
  }
  const place = async (): Promise<string> => {
    const order = checkoutOrder({ lines: [line(await shop.item(5))] });
    await shop.ledger.reserveStock([order]);
    return order.orderId;
  };
  const append = (by: pg.ClientBase | pg.Pool, orderId: string, sequence: number): Promise<unknown> =>
    by.query(
      `insert into order_events (order_id, sequence, type, data)
       values ($1, $2, 'com.durable-checkout.order.paid.v1', '{"status": "paid"}')`,
      [orderId, sequence],
    );
  const number = async (all = false, limit = 5_000): Promise<number> => {
    const { rows } = await shop.pool.query<{ n: number }>('select number_order_events($1, $2) as n', [
      all,
      limit,
    ]);
    return rows[0]?.n ?? 0;
  };
  const read = async (cursor = ''): Promise<string[]> => idsOf(await readOutbox(shop.pool, cursor, 10_000));
  const end = async (): Promise<string> => (await readOutbox(shop.pool, '', 10_000)).at(-1)?.cursor ?? '';
  const idsOf = (events: readonly OutboxEvent[]): string[] =>
    events.map(({ orderId, sequence }) => `${orderId}.${sequence}`);
  /** Copies a database with all of its rows, as a dump that is restored. Nobody may be connected to it. */
  async function copyOf(url: string): Promise<string> {
    const copy = new URL(url);
    const [from, to] = [copy.pathname.slice(1), `${copy.pathname.slice(1)}_copy`];
    copy.pathname = '/postgres';
    const admin = new pg.Client({ connectionString: copy.href });
    await admin.connect();
    await admin.query(
      `create database ${admin.escapeIdentifier(to)} template ${admin.escapeIdentifier(from)}`,
    );
    await admin.end();
    copy.pathname = `/${to}`;
    return copy.href;
  }
  function relayTo(name: string, start: 'beginning' | 'now' = 'beginning', warnings: string[] = []) {
    const logger = testLogger.child({});
    logger.warn = (...said: unknown[]) => warnings.push(String(said.at(-1)));
    const received: { event: string; at: number }[] = [];
    const plan: DestinationPlan = {
      name,
      open: () =>
        Promise.resolve({
          deliver: (events) => {
            received.push(...idsOf(events).map((event) => ({ event, at: performance.now() })));
            return Promise.resolve();
          },
          close: () => Promise.resolve(),
        }),
    };
    relays.push(startRelay({ databaseUrl: shop.url, destinations: [plan], start, logger }));
    return received;
  }

  it('are given within a second while another session holds a transaction open', async () => {
    await openTransaction();
    const received = relayTo('undelayed');
    await place();
    await waitUntilPasses(() => {
      assert.equal(received.length, 2);
    });
    for (let round = 0; round < 10; round += 1) {
      const placedAt = performance.now();
      const orderId = await place();
      await waitUntilPasses(() => {
        assert.ok(received.some(({ event }) => event === `${orderId}.2`));
      });
      const last = received.find(({ event }) => event === `${orderId}.2`);
      assert.ok(last && last.at - placedAt < 1_000, 'the event took longer than a second');
    }
  });

  it('are given to the events of a transaction that was open when it ends', async () => {
    const [early, late] = [await place(), await place()];
    const slow = await openTransaction();
    await append(slow, early, 3);
    await append(shop.pool, late, 3);
    const cursor = await end();
    assert.equal((await read()).length, 5);
    await append(shop.pool, late, 4);
    assert.deepEqual(await read(cursor), [`${late}.4`]);
    const second = await end();
    await slow.query('commit');
    assert.deepEqual(await read(second), [`${early}.3`]);
    assert.equal(await number(true), 0, 'nothing is left over');
  });

  it('are none for a transaction that is rolled back', async () => {
    const orderId = await place();
    const undone = await openTransaction();
    await append(undone, orderId, 3);
    const cursor = await end();
    await undone.query('rollback');
    assert.deepEqual(await read(cursor), []);
  });

  it('follow the sequence within an order, also in batches that are smaller than what there is', async () => {
    const orders = [await place(), await place(), await place()];
    // The transaction with the lower number writes the later event.
    const first = await openTransaction();
    await append(shop.pool, orders[0] ?? '', 3);
    await append(first, orders[0] ?? '', 4);
    await first.query('commit');
    for (const orderId of orders.slice(1))
      for (const sequence of [3, 4]) await append(shop.pool, orderId, sequence);
    let batches = 0;
    while ((await number(false, 1)) > 0) batches += 1;
    assert.equal(batches, 12);
    const events = await read();
    for (const orderId of orders)
      assert.deepEqual(
        events.filter((event) => event.startsWith(orderId)),
        [1, 2, 3, 4].map((sequence) => `${orderId}.${sequence}`),
      );
  });

  it('are each given once, however many sessions give them while others write', async () => {
    const orders = await Promise.all(Array.from({ length: 8 }, place));
    const writers = orders.map(async (orderId) => {
      for (let sequence = 3; sequence <= 22; sequence += 1) await append(shop.pool, orderId, sequence);
    });
    let writing = true;
    const seen: string[] = [];
    const follow = async (): Promise<void> => {
      let cursor = '';
      for (let last = false; !last;) {
        last = !writing;
        const events = await readOutbox(shop.pool, cursor, 10);
        if (events.length > 0) last = false;
        seen.push(...idsOf(events));
        cursor = events.at(-1)?.cursor ?? cursor;
      }
    };
    const others = Array.from({ length: 3 }, async () => {
      while (writing) await number();
    });
    const following = follow();
    await Promise.all(writers);
    writing = false;
    await Promise.all([following, ...others]);
    assert.equal(seen.length, 8 * 22);
    assert.deepEqual(seen, await read());
    for (const orderId of orders)
      assert.deepEqual(
        seen.filter((event) => event.startsWith(orderId)),
        Array.from({ length: 22 }, (_, index) => `${orderId}.${index + 1}`),
      );
  });

  it('are found without reading the old versions of events, which stay while a transaction is open', async () => {
    await openTransaction();
    const orderId = await place();
    await number();
    const pagesRead = async (sequence: number): Promise<number> => {
      await append(shop.pool, orderId, sequence);
      const { rows } = await shop.pool.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        'explain (analyze, buffers, format json) select number_order_events()',
      );
      return rows[0]?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? 0;
    };
    await pagesRead(3);
    const before = await pagesRead(4);
    await shop.pool.query(
      `insert into order_events (order_id, sequence, type, data)
       select 'stock/test/' || n, 1, 'test', '{}' from generate_series(1, 14000) n`,
    );
    while ((await number()) > 0);
    await pagesRead(5);
    const after = await pagesRead(6);
    assert.ok(before > 0 && after < before + 100, `${before} pages before, ${after} after`);
  });

  it('of a destination that starts from now begin with the first event that commits later', async () => {
    await openTransaction();
    await place();
    const orderId = await place();
    const open = await openTransaction();
    await append(open, orderId, 3);
    const lease = await leaseDestination(shop.url, 'from-now', 'now', testLogger);
    assert.ok(lease);
    try {
      assert.deepEqual(await lease.next(10), []);
      await open.query('commit');
      assert.deepEqual(idsOf(await lease.next(10)), [`${orderId}.3`]);
    } finally {
      await lease.release();
    }
  });

  it('are the same for a process of 0.2, which reads beside this one', async () => {
    await openTransaction();
    const orderId = await place();
    const readBy02 = async (tx = '0', position = '0') =>
      (
        await shop.pool.query<{ tx: number; position: number; order_id: string; sequence: number }>(
          READ_OF_0_2,
          [tx, position, 100],
        )
      ).rows;
    // A read gives events their positions. Whether it sees them, or the next read does, is up to the plan.
    await readBy02();
    const rows = await readBy02();
    assert.deepEqual(
      rows.map(({ order_id, sequence }) => `${order_id}.${sequence}`),
      [`${orderId}.1`, `${orderId}.2`],
    );
    const last = rows.at(-1);
    await append(shop.pool, orderId, 3);
    assert.deepEqual(await read(`${last?.tx ?? ''}.${last?.position ?? ''}`), [`${orderId}.3`]);
    const following = await readBy02(String(last?.tx), String(last?.position));
    assert.deepEqual(
      following.map(({ sequence }) => sequence),
      [3],
    );
  });

  describe('after a restore', () => {
    /** As in a cluster whose transactions have lower numbers: those of the dump are far ahead. */
    const restore = async (): Promise<void> => {
      await shop.pool.query(`update event_ticks set snapshot = '9000000000:9000000000:'`);
      await shop.pool.query(`update order_events set inserted_by = '8999999999'`);
    };

    it('go on where numbers of transactions have gone back, and repeat nothing', async () => {
      await place();
      const cursor = await end();
      const inDump = await place();
      await restore();
      const orderId = await place();
      assert.deepEqual(await read(cursor), [`${inDump}.1`, `${inDump}.2`, `${orderId}.1`, `${orderId}.2`]);
      const second = await end();
      const later = await place();
      assert.deepEqual(await read(second), [`${later}.1`, `${later}.2`]);
    });

    it('are given to events from before the first relay started, even if its numbers have passed those of the dump', async () => {
      await place();
      await end();
      const orderId = await place();
      const { rows } = await shop.pool.query<{ xmax: string }>(
        'select pg_snapshot_xmax(pg_current_snapshot())::text as xmax',
      );
      await shop.pool.query('update event_ticks set snapshot = ($1)::pg_snapshot', [
        `${rows[0]?.xmax ?? ''}:${rows[0]?.xmax ?? ''}:`,
      ]);
      assert.equal(await number(), 0, 'the usual search cannot find them');
      const received = relayTo('restored');
      await waitUntilPasses(() => {
        assert.ok(received.some(({ event }) => event === `${orderId}.2`));
      });
    });

    it('go on in a copy of the database, without repeating or losing one, and the log and the statistics tell of it', async () => {
      const received = relayTo('copied');
      await place();
      const inDump = await place();
      await waitUntilPasses(() => {
        assert.equal(received.length, 4);
      });
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
      await shop.pool.end();
      const copy = await copyOf(shop.url);
      // After the dump: the destination has these, and the copy does not.
      shop = connected(shop.url);
      relayTo('copied');
      await place();
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
      await shop.pool.end();

      shop = connected(copy);
      await shop.pool.query('alter sequence order_events_position_seq restart with 1');
      await restore();
      const warnings: string[] = [];
      const inCopy = relayTo('copied', 'beginning', warnings);
      const orderId = await place();
      await waitUntilPasses(() => {
        assert.equal(inCopy.length, 2);
      });
      assert.deepEqual(
        inCopy.map(({ event }) => event),
        [`${orderId}.1`, `${orderId}.2`],
      );
      assert.equal(warnings.filter((text) => text.startsWith('relay found another database')).length, 1);
      const { databaseChangedAt } = await createStatsReader(shop.pool).feed();
      assert.ok(Math.abs(Date.parse(databaseChangedAt ?? '') - Date.now()) < 60_000);
      await append(shop.pool, inDump, 3);
      await waitUntilPasses(() => {
        assert.equal(inCopy.at(-1)?.event, `${inDump}.3`);
      });
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
      relayTo('copied', 'beginning', warnings);
      await place();
      assert.equal(warnings.length, 1, 'it is told once');
    });

    it('skip nothing for a destination whose position is after the last event, which is shown', async () => {
      await place();
      const received = relayTo('ahead');
      const stats = createStatsReader(shop.pool);
      await waitUntilPasses(async () => {
        assert.equal(received.length, 2);
        assert.equal((await stats.read(60)).relay[0]?.behind, 0);
      });
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
      await shop.pool.query(`update event_destinations set tx = tx + 3600000000`);
      assert.equal((await stats.read(60)).relay[0]?.ahead, true);
      const warnings: string[] = [];
      const later = relayTo('ahead', 'beginning', warnings);
      const orderId = await place();
      await waitUntilPasses(() => {
        assert.deepEqual(
          later.map(({ event }) => event),
          [`${orderId}.1`, `${orderId}.2`],
        );
      });
      assert.ok(warnings.some((text) => text.startsWith('the position of destination ahead is after')));
      assert.equal((await stats.read(60)).relay[0]?.ahead, undefined);
    });

    it('are higher than those that were given out before it', async () => {
      await place();
      const given = await end();
      // The dump is a minute older: it has an earlier tick, and fewer events.
      await shop.pool.query('update event_ticks set tick = tick - 60000000');
      await shop.pool.query('delete from order_events');
      const orderId = await place();
      assert.deepEqual(await read(given), [`${orderId}.1`, `${orderId}.2`]);
    });
  });

  it('and what they wait for are in the statistics', async () => {
    const stats = createStatsReader(shop.pool);
    const lease = await leaseDestination(shop.url, 'counted', 'beginning', testLogger);
    await lease?.release();
    await place();
    await shop.pool.query(`update order_events set occurred_at = occurred_at - interval '1 minute'`);
    const open = await openTransaction();
    const waiting = await stats.read(60);
    assert.ok(waiting.feed.unnumberedMs >= 60_000);
    assert.ok(waiting.feed.transactionMs > 0);
    assert.deepEqual(
      waiting.relay.map(({ destination, behind }) => [destination, behind]),
      [['counted', 2]],
    );
    await open.query('rollback');
    await number();
    const numbered = await stats.read(60);
    assert.equal(numbered.feed.unnumberedMs, 0);
    assert.equal(numbered.relay[0]?.behind, 2);
  });
});
