import assert from 'node:assert/strict';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import { createStockAlerts, type StockAlerts } from '../../src/adapters/postgres/stock-alerts.ts';
import { toCloudEvent } from '../../src/domain/cloud-event.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { lockRow } from '../support/row-lock.ts';

const DELAY_MS = 60_000;
const LOCK_LEVEL = 'select 1 from stock_levels where sku = $1 for update';

describe('alerts of low stock', function () {
  this.timeout(60_000);
  let shop: Shop;
  let alerts: StockAlerts;
  let items = 0;

  before(async () => {
    shop = await openShop();
    alerts = createStockAlerts(shop.pool);
  });
  after(() => shop.close());

  const put = (sku: string, onHand: number, lowAt?: number, rearmAt?: number) =>
    shop.catalogue.put(sku, {
      ...{ title: sku, unitPrice: 100, currency: 'EUR', onHand },
      ...(lowAt !== undefined && { lowAt }),
      ...(rearmAt !== undefined && { rearmAt }),
    });
  async function item(onHand: number, lowAt: number, rearmAt?: number): Promise<string> {
    const sku = `alert-${++items}`;
    await put(sku, onHand, lowAt, rearmAt);
    return sku;
  }
  /** Lets time pass for levels that are low. */
  const pass = (seconds: number) =>
    shop.pool.query(`update stock_levels set low_since = low_since - $1 * interval '1 second'`, [seconds]);
  const raise = async (sku: string, delayMs = DELAY_MS): Promise<string[]> =>
    (await alerts.raise({ delayMs, limit: 10, mail: true }))
      .filter((alert) => alert.sku === sku)
      .map(({ state }) => state);
  const raiseAfterDelay = async (sku: string): Promise<string[]> => {
    await pass(DELAY_MS / 1_000);
    return raise(sku);
  };
  async function levelOf(sku: string) {
    const { rows } = await shop.pool.query<{ alert_state: string; is_waiting: boolean }>(
      'select alert_state, low_since is not null as is_waiting from stock_levels where sku = $1',
      [sku],
    );
    return [rows[0]?.alert_state, rows[0]?.is_waiting];
  }
  async function hold(sku: string, quantity: number): Promise<() => Promise<unknown>> {
    const order = checkoutOrder({ lines: [line(sku, quantity)] });
    assert.equal((await shop.ledger.reserveStock([order]))[0]?.status, 'reserved');
    return () =>
      shop.ledger.releaseStock([{ orderId: order.orderId, status: 'cancelled', reason: 'cancelled', order }]);
  }
  const eventsOf = async (sku: string) =>
    (await readOutbox(shop.pool, '', 1_000)).filter(({ orderId }) => orderId === `stock/${sku}/default`);

  for (const rearmAt of [6, 20])
    it(`ten holds that are released within a minute each raise none (rearmed at ${rearmAt})`, async () => {
      await holdTenTimes(await item(10, 5, rearmAt));
    });

  async function holdTenTimes(sku: string): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      const release = await hold(sku, 6);
      assert.deepEqual(await levelOf(sku), ['ok', true]);
      await pass(50);
      assert.deepEqual(await raise(sku), []);
      await release();
      assert.deepEqual(await levelOf(sku), ['ok', false]);
      assert.deepEqual(await raise(sku), []);
    }
    assert.deepEqual(await alerts.list({ sku }, 10), []);
    assert.deepEqual(await eventsOf(sku), []);
  }

  it('a level that stays low raises exactly one, with several processes at once and whatever is sold later', async () => {
    const sku = await item(10, 5);
    await hold(sku, 5);
    await pass(90);
    // All of them have found the level before the first can raise its alert.
    const lock = await lockRow(shop.url, LOCK_LEVEL, [sku]);
    const raising = Array.from({ length: 8 }, () => raise(sku));
    await waitFor('all of them wait for the level', async () => {
      const { rows } = await shop.pool.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows[0]?.waiting === 8;
    });
    await lock.release();
    assert.deepEqual((await Promise.all(raising)).flat(), ['low']);
    await hold(sku, 1);
    await put(sku, 11, 5);
    assert.deepEqual(await raiseAfterDelay(sku), []);
    const [alert, ...more] = await alerts.list({ sku }, 10);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [alert?.state, alert?.available, alert?.lowAt, alert?.location, alert?.mailStatus],
      ['low', 5, 5, 'default', 'pending'],
    );
  });

  it('a low level that runs out raises one more, and the next episode begins when it is ok again', async () => {
    const sku = await item(10, 5);
    await hold(sku, 5);
    assert.deepEqual(await raiseAfterDelay(sku), ['low']);
    const release = await hold(sku, 5);
    assert.deepEqual(await raise(sku), [], 'a hold that may be released soon');
    assert.deepEqual(await raiseAfterDelay(sku), ['out']);
    await release();
    await hold(sku, 5);
    assert.deepEqual(await raiseAfterDelay(sku), []);

    await put(sku, 15, 5);
    assert.deepEqual(await levelOf(sku), ['out', false], 'five of them are available: less than six');
    await put(sku, 16, 5);
    assert.deepEqual(await levelOf(sku), ['ok', false]);
    await hold(sku, 6);
    assert.deepEqual(await raiseAfterDelay(sku), ['out']);

    const events = await eventsOf(sku);
    assert.deepEqual(
      events.map(({ sequence, type }) => [sequence, type]),
      [
        [1, 'com.durable-checkout.stock.low.v1'],
        [2, 'com.durable-checkout.stock.out.v1'],
        [3, 'com.durable-checkout.stock.out.v1'],
      ],
    );
    const [first] = events;
    assert.ok(first);
    const { subject, partitionkey, id, data } = toCloudEvent(first);
    assert.deepEqual(
      [subject, partitionkey, id],
      [`stock/${sku}/default`, `stock/${sku}/default`, `stock/${sku}/default/1`],
    );
    assert.deepEqual(data, {
      actor: { type: 'system' },
      stock: { sku, location: 'default', title: sku, state: 'low', available: 5, lowAt: 5, rearmAt: 6 },
    });
  });

  for (const [lowAt, rearmAt, expected] of [
    [0, undefined, 1],
    [1, undefined, 2],
    [5, undefined, 6],
    [6, undefined, 8],
    [10, undefined, 12],
    [10, 11, 11],
    [10, 50, 50],
  ] as const)
    it(`low at ${lowAt}${rearmAt === undefined ? '' : ` and rearmed at ${rearmAt}`} is ok again at ${expected}`, async () => {
      const sku = await item(0, lowAt, rearmAt);
      assert.deepEqual(await raiseAfterDelay(sku), ['out']);
      await put(sku, expected - 1, lowAt, rearmAt);
      assert.deepEqual(await levelOf(sku), ['out', false]);
      await put(sku, expected, lowAt, rearmAt);
      assert.deepEqual(await levelOf(sku), ['ok', false]);
    });

  it('a level without lowAt has none, and one whose lowAt is taken away has none any more', async () => {
    const sku = await item(3, 5);
    assert.deepEqual(await levelOf(sku), ['ok', true]);
    await put(sku, 0);
    assert.deepEqual(await levelOf(sku), ['ok', false]);
    assert.deepEqual(await raiseAfterDelay(sku), []);
    await put(sku, 0, 5);
    assert.deepEqual(await raiseAfterDelay(sku), ['out']);
    await put(sku, 0);
    assert.deepEqual(await levelOf(sku), ['ok', false]);
  });

  it('pieces that go to orders which are short of them do not end an episode', async () => {
    const sku = await item(8, 5);
    await hold(sku, 8);
    assert.deepEqual(await raiseAfterDelay(sku), ['out']);
    await put(sku, 0, 5);
    // The pieces of the order come back, through a change of a previous release: available for a moment.
    await shop.pool.query('update stock_levels set available = 8 where sku = $1', [sku]);
    assert.deepEqual(await levelOf(sku), ['out', false]);
    assert.deepEqual((await shop.stock(sku)).available, 0);
  });

  it('a level that is locked delays no other, and is waited for when it is overdue', async () => {
    const [locked, free] = [await item(1, 5), await item(1, 5)];
    await pass(90);
    const lock = await lockRow(shop.url, LOCK_LEVEL, [locked]);
    const raised = await alerts.raise({ delayMs: DELAY_MS, limit: 10, mail: false });
    assert.deepEqual(
      raised.map(({ sku }) => sku),
      [free],
    );
    const waiting = raise(locked);
    await lock.isWaitedFor();
    await lock.release();
    assert.deepEqual(await waiting, ['low']);
    assert.equal((await alerts.list({ sku: free }, 1))[0]?.mailStatus, 'none');
  });
});

describe('mails of alerts', function () {
  this.timeout(60_000);
  let shop: Shop;
  let alerts: StockAlerts;

  before(async () => {
    shop = await openShop();
    alerts = createStockAlerts(shop.pool);
  });
  after(() => shop.close());

  it('are claimed by one process, and again when their claim has expired', async () => {
    await shop.catalogue.put('low', { title: 'Lamp', unitPrice: 1, currency: 'EUR', onHand: 1, lowAt: 2 });
    await alerts.raise({ delayMs: 0, limit: 10, mail: true });
    const claims = await Promise.all(Array.from({ length: 5 }, () => alerts.claimMails(10, 60_000)));
    const [claim, ...more] = claims.flat();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [claim?.title, claim?.location, claim?.state, claim?.available, claim?.lowAt, claim?.attempts],
      ['Lamp', 'Default location', 'low', 1, 2, 1],
    );
    await shop.pool.query(`update stock_alerts set mail_due_at = clock_timestamp()`);
    const [again] = await alerts.claimMails(10, 60_000);
    assert.ok(again);
    assert.equal(again.attempts, 2);
    await alerts.settleMail(again.alertId, { sent: true });
    await alerts.settleMail(again.alertId, { sent: false, error: 'no_answer' });
    const [alert] = await alerts.list({ mailStatus: 'sent' }, 10);
    assert.deepEqual([alert?.mailAttempts, alert?.mailError], [2, undefined]);
    assert.ok(alert?.mailedAt);
  });
});
