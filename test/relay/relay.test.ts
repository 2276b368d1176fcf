import assert from 'node:assert/strict';
import pg from 'pg';
import { readFeed } from '../../src/adapters/postgres/event-outbox.ts';
import type { DestinationPlan, FeedEvent } from '../../src/contracts/ports/event-destination.ts';
import { startRelay, type Relay } from '../../src/relay/relay.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

/** Somewhere that keeps what it got, and fails as long as it is told to. */
function shelf(name: string) {
  const got: FeedEvent[] = [];
  const shown = { failing: false, opened: 0, got };
  const plan: DestinationPlan = {
    name,
    open: () => {
      shown.opened += 1;
      return Promise.resolve({
        deliver: (events) => {
          if (shown.failing) return Promise.reject(new Error('away'));
          got.push(...events);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    },
  };
  return Object.assign(shown, { plan });
}

describe('the relay', function () {
  this.timeout(60_000);
  let shop: Shop;
  const relays: Relay[] = [];

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  });

  const relay = (plans: DestinationPlan[], start: 'beginning' | 'now' = 'beginning'): Relay => {
    const started = startRelay({ databaseUrl: shop.url, destinations: plans, start, logger });
    relays.push(started);
    return started;
  };
  const place = async (): Promise<string> => {
    const sku = await shop.item(5);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserve([order]);
    return order.orderId;
  };
  const has = (events: readonly FeedEvent[], orderId: string, sequences: number[]) =>
    waitUntilPasses(() => {
      const found = events.filter((event) => event.orderId === orderId).map(({ sequence }) => sequence);
      assert.deepEqual(found, sequences);
    });

  it('brings every event to every destination, from the beginning', async () => {
    const orderId = await place();
    const [one, other] = [shelf('one'), shelf('other')];
    relay([one.plan, other.plan]);
    for (const { got } of [one, other]) await has(got, orderId, [1, 2]);
    const later = await place();
    for (const { got } of [one, other]) await has(got, later, [1, 2]);
  });

  it('begins a new destination from now where it is told to', async () => {
    const before = await place();
    const late = shelf('late');
    relay([late.plan], 'now');
    await waitUntilPasses(async () => {
      const { rowCount } = await shop.pool.query("select from event_destinations where name = 'late'");
      assert.equal(rowCount, 1);
    });
    const orderId = await place();
    await has(late.got, orderId, [1, 2]);
    assert.ok(!late.got.some((event) => event.orderId === before), 'what was before is not told');
  });

  it('opens a destination before there is anything to bring', async () => {
    const early = shelf('early');
    relay([early.plan], 'now');
    await waitUntilPasses(() => {
      assert.equal(early.opened, 1);
    });
    assert.deepEqual(early.got, []);
  });

  it('holds back only the destination that is away, and loses nothing there', async () => {
    const [away, well] = [shelf('away'), shelf('well')];
    away.failing = true;
    relay([away.plan, well.plan]);
    const orderId = await place();
    await has(well.got, orderId, [1, 2]);
    assert.deepEqual(away.got, []);
    away.failing = false;
    await has(away.got, orderId, [1, 2]);
  });

  it('goes on where the one before it has stopped', async () => {
    const kept = shelf('kept');
    const first = relay([kept.plan]);
    const before = await place();
    await has(kept.got, before, [1, 2]);
    await first.stop();
    const orderId = await place();
    relay([kept.plan]);
    await has(kept.got, orderId, [1, 2]);
    await has(kept.got, before, [1, 2]);
  });

  it('is one for each destination, and another takes over when it goes', async () => {
    const [first, second] = [shelf('shared'), shelf('shared')];
    const running = relay([first.plan]);
    await has(first.got, await place(), [1, 2]);
    relay([second.plan]);
    const orderId = await place();
    await has(first.got, orderId, [1, 2]);
    assert.equal(second.opened, 0);
    await running.stop();
    await has(second.got, await place(), [1, 2]);
  });

  it('does not pass over a transaction that began earlier and ends later', async () => {
    const slow = shelf('slow');
    relay([slow.plan]);
    const [early, late] = [await place(), await place()];
    await has(slow.got, late, [1, 2]);
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    try {
      await client.query('begin');
      await append(client, early, 3);
      await append(shop.pool, late, 3);
      await client.query('commit');
    } finally {
      await client.end();
    }
    await has(slow.got, early, [1, 2, 3]);
    await has(slow.got, late, [1, 2, 3]);
  });

  it('keeps the events of an order in order, though their transactions began the other way round', async () => {
    const orderId = await place();
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    try {
      await client.query('begin');
      await client.query('select pg_current_xact_id()');
      await append(shop.pool, orderId, 3);
      await append(client, orderId, 4);
      await client.query('commit');
    } finally {
      await client.end();
    }
    const strict = shelf('strict');
    relay([strict.plan]);
    await has(strict.got, orderId, [1, 2, 3, 4]);
  });

  it('goes on after a backup was restored, whose transactions are numbered anew', async () => {
    await shop.pool.query('update order_events set tx = tx + 1000000000');
    await shop.pool.query('delete from event_destinations');
    const restored = shelf('restored');
    relay([restored.plan]);
    await waitUntilPasses(() => {
      assert.ok(restored.got.length > 0, 'nothing was brought');
    });
    await has(restored.got, await place(), [1, 2]);
  });

  it('answers who has missed some, page by page', async () => {
    const orderId = await place();
    const all = await waitUntilPasses(async () => {
      const events = await readFeed(shop.pool, '', 10_000);
      assert.ok(
        events.some((event) => event.orderId === orderId && event.sequence === 2),
        'not told yet',
      );
      return events;
    });
    const first = await readFeed(shop.pool, '', 3);
    const rest = await readFeed(shop.pool, first.at(-1)?.cursor ?? '', 10_000);
    assert.deepEqual([...first, ...rest], all);
    await assert.rejects(readFeed(shop.pool, 'x', 1), TypeError);
  });
});

const append = (by: pg.Client | pg.Pool, orderId: string, sequence: number): Promise<unknown> =>
  by.query(
    `insert into order_events (order_id, sequence, type, data)
     values ($1, $2, 'com.durable-checkout.order.paid.v1', '{"status": "paid"}')`,
    [orderId, sequence],
  );
