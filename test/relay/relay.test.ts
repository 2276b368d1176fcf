import assert from 'node:assert/strict';
import pg from 'pg';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import type { DestinationPlan, OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { startRelay, type Relay } from '../../src/relay/relay.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

/** A destination that keeps the events it has received, and rejects them while `failing` is true. */
function testDestination(name: string) {
  const received: OutboxEvent[] = [];
  const state = { failing: false, opened: 0, deliveries: 0, received };
  const plan: DestinationPlan = {
    name,
    open: () => {
      state.opened += 1;
      return Promise.resolve({
        deliver: (events) => {
          state.deliveries += 1;
          if (state.failing) return Promise.reject(new Error('not reachable'));
          received.push(...events);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      });
    },
  };
  return Object.assign(state, { plan });
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
    await shop.ledger.reserveStock([order]);
    return order.orderId;
  };
  const waitForEvents = (events: readonly OutboxEvent[], orderId: string, sequences: number[]) =>
    waitUntilPasses(() => {
      const found = events.filter((event) => event.orderId === orderId).map(({ sequence }) => sequence);
      assert.deepEqual(found, sequences);
    });

  it('delivers together what comes within the interval of a destination', async () => {
    const destination = testDestination('collecting');
    relay([{ ...destination.plan, intervalMs: 3_000 }]);
    await waitForEvents(destination.received, await place(), [1, 2]);
    const { deliveries } = destination;
    const orders = [await place(), await place(), await place()];
    for (const orderId of orders) await waitForEvents(destination.received, orderId, [1, 2]);
    assert.equal(destination.deliveries, deliveries + 1);
  });

  it('delivers every event to every destination, from the beginning', async () => {
    const orderId = await place();
    const [one, other] = [testDestination('one'), testDestination('other')];
    relay([one.plan, other.plan]);
    for (const { received } of [one, other]) await waitForEvents(received, orderId, [1, 2]);
    const later = await place();
    for (const { received } of [one, other]) await waitForEvents(received, later, [1, 2]);
  });

  it('starts a new destination from now if it is configured so', async () => {
    const before = await place();
    const late = testDestination('late');
    relay([late.plan], 'now');
    await waitUntilPasses(async () => {
      const { rowCount } = await shop.pool.query("select from event_destinations where name = 'late'");
      assert.equal(rowCount, 1);
    });
    const orderId = await place();
    await waitForEvents(late.received, orderId, [1, 2]);
    assert.ok(!late.received.some((event) => event.orderId === before), 'earlier events are not delivered');
  });

  it('opens a destination before there is an event to deliver', async () => {
    const early = testDestination('early');
    relay([early.plan], 'now');
    await waitUntilPasses(() => {
      assert.equal(early.opened, 1);
    });
    assert.deepEqual(early.received, []);
  });

  it('delays only the destination that cannot be reached, and loses no event of it', async () => {
    const [failing, working] = [testDestination('failing'), testDestination('working')];
    failing.failing = true;
    relay([failing.plan, working.plan]);
    const orderId = await place();
    await waitForEvents(working.received, orderId, [1, 2]);
    assert.deepEqual(failing.received, []);
    failing.failing = false;
    await waitForEvents(failing.received, orderId, [1, 2]);
  });

  it('continues where the previous relay stopped', async () => {
    const kept = testDestination('kept');
    const first = relay([kept.plan]);
    const before = await place();
    await waitForEvents(kept.received, before, [1, 2]);
    await first.stop();
    const orderId = await place();
    relay([kept.plan]);
    await waitForEvents(kept.received, orderId, [1, 2]);
    await waitForEvents(kept.received, before, [1, 2]);
  });

  it('is the only one of a destination, and another relay takes over when it stops', async () => {
    const [first, second] = [testDestination('shared'), testDestination('shared')];
    const running = relay([first.plan]);
    await waitForEvents(first.received, await place(), [1, 2]);
    relay([second.plan]);
    const orderId = await place();
    await waitForEvents(first.received, orderId, [1, 2]);
    assert.equal(second.opened, 0);
    await running.stop();
    await waitForEvents(second.received, await place(), [1, 2]);
  });

  it('does not skip a transaction that began earlier and ends later', async () => {
    const slow = testDestination('slow');
    relay([slow.plan]);
    const [early, late] = [await place(), await place()];
    await waitForEvents(slow.received, late, [1, 2]);
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
    await waitForEvents(slow.received, early, [1, 2, 3]);
    await waitForEvents(slow.received, late, [1, 2, 3]);
  });

  it('keeps the events of an order in order even if their transactions began in reverse order', async () => {
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
    const strict = testDestination('strict');
    relay([strict.plan]);
    await waitForEvents(strict.received, orderId, [1, 2, 3, 4]);
  });

  it('answers requests for missed events page by page', async () => {
    const orderId = await place();
    const all = await readOutbox(shop.pool, '', 10_000);
    assert.ok(all.some((event) => event.orderId === orderId && event.sequence === 2));
    const first = await readOutbox(shop.pool, '', 3);
    const rest = await readOutbox(shop.pool, first.at(-1)?.cursor ?? '', 10_000);
    assert.deepEqual([...first, ...rest], all);
    await assert.rejects(readOutbox(shop.pool, 'x', 1), TypeError);
  });
});

const append = (by: pg.Client | pg.Pool, orderId: string, sequence: number): Promise<unknown> =>
  by.query(
    `insert into order_events (order_id, sequence, type, data)
     values ($1, $2, 'com.durable-checkout.order.paid.v1', '{"status": "paid"}')`,
    [orderId, sequence],
  );
