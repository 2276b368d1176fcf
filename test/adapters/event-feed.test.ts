import assert from 'node:assert/strict';
import pg from 'pg';
import { openEventFeed, type EventFeed } from '../../src/adapters/postgres/event-feed.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the notifications of the event feed', function () {
  this.timeout(60_000);
  let shop: Shop;
  let feed: EventFeed;
  const clients: pg.Client[] = [];

  beforeEach(async () => {
    shop = await openShop();
    feed = await openEventFeed(shop.url, testLogger);
  });
  afterEach(async () => {
    await feed.close();
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await shop.close();
  });

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    clients.push(client);
    return client;
  }
  /** Places an order, and returns the time from its commit to each of its notifications. */
  async function notificationsOf(order = checkoutOrder()): Promise<{ sequence: number; afterMs: number }[]> {
    const heard: { sequence: number; at: number }[] = [];
    const unsubscribe = feed.subscribe(order.orderId, (_, sequence) => {
      heard.push({ sequence, at: performance.now() });
    });
    await shop.ledger.reserveStock([order]);
    const committedAt = performance.now();
    await waitUntilPasses(() => {
      assert.ok(heard.length >= 2);
    });
    unsubscribe();
    return heard.map(({ sequence, at }) => ({ sequence, afterMs: at - committedAt }));
  }
  /** Whether the transaction that has inserted the events notifies of them itself. */
  const announced = async (orderId: string): Promise<boolean[]> =>
    (
      await shop.pool.query<{ announced: boolean }>(
        'select announced from order_events where order_id = $1',
        [orderId],
      )
    ).rows.map((row) => row.announced);

  it('are sent by the transaction of an order that is alone', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(5))] });
    assert.deepEqual(
      (await notificationsOf(order)).map(({ sequence }) => sequence),
      [1, 2],
    );
    assert.deepEqual(await announced(order.orderId), [true, true]);
  });

  it('come within a second, also where another transaction is about to notify and does not end', async () => {
    const other = await connect();
    await other.query('begin');
    await other.query(
      `insert into order_events (order_id, sequence, type, data) values ('other', 1, 'test', '{}')`,
    );
    for (let round = 0; round < 5; round += 1) {
      const order = checkoutOrder({ lines: [line(await shop.item(5))] });
      const heard = await notificationsOf(order);
      assert.deepEqual(await announced(order.orderId), [false, false]);
      assert.deepEqual(
        heard.map(({ sequence }) => sequence),
        [1, 2],
      );
      for (const { afterMs } of heard) assert.ok(afterMs < 1_000, `after ${afterMs} ms`);
    }
    await other.query('rollback');
  });

  it('cost a tick only where a transaction has left them to others, or every so often', async () => {
    const look = async (intervalMs: number): Promise<number | null | undefined> =>
      (await shop.pool.query<{ n: number | null }>('select look_at_order_events($1) as n', [intervalMs]))
        .rows[0]?.n;
    // Until then the feed of this process gives positions, too.
    await feed.close();
    const place = async (): Promise<void> => {
      await shop.ledger.reserveStock([checkoutOrder({ lines: [line(await shop.item(5))] })]);
    };
    await place();
    await look(0);
    await place();
    assert.equal(await look(3_600_000), null, 'the transaction has notified, and the last tick is recent');
    assert.equal(await look(0), 2);
    assert.equal(await look(0), 0);

    const other = await connect();
    await other.query('begin');
    await other.query(
      `insert into order_events (order_id, sequence, type, data) values ('other', 1, 'test', '{}')`,
    );
    await place();
    assert.equal(await look(3_600_000), 2, 'the other transaction is about to notify');
    await other.query('rollback');

    await place();
    await shop.pool.query('update event_ticks set tick = tick + 3600000000');
    assert.equal(await look(60_000), 2, 'a clock that is behind delays nothing');
    await place();
    await shop.pool.query(`update event_ticks set snapshot = '9000000000:9000000000:'`);
    assert.equal(await look(3_600_000), 2, 'nor do numbers of transactions that have gone back');
  });

  it('are followed by the positions of all events, also where nobody waits', async () => {
    for (let round = 0; round < 3; round += 1) {
      await shop.ledger.reserveStock([checkoutOrder({ lines: [line(await shop.item(5))] })]);
      await waitUntilPasses(async () => {
        const { rows } = await shop.pool.query('select from order_events where tx is null');
        assert.equal(rows.length, 0);
      });
    }
  });

  it('of many transactions that commit at once are sent in few', async () => {
    const orders = await Promise.all(
      Array.from({ length: 40 }, async () => checkoutOrder({ lines: [line(await shop.item(5))] })),
    );
    const heard = await Promise.all(orders.map(notificationsOf));
    for (const each of heard) assert.deepEqual(each.map(({ sequence }) => sequence).sort(), [1, 2]);
    const { rows } = await shop.pool.query<{ notifying: number }>(
      'select count(distinct inserted_by)::int as notifying from order_events where announced',
    );
    assert.ok((rows[0]?.notifying ?? 40) < 40, 'every transaction notified');
  });
});
