import assert from 'node:assert/strict';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { batchedLedger } from '../../src/adapters/postgres/batched-ledger.ts';
import { createOrderLedger, type OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import type {
  CheckoutOrder,
  OrderResult,
  PaymentConfirmation,
  StockRelease,
} from '../../src/contracts/temporal/checkout.ts';
import { CLOSED_PORT } from '../../harness/closed-port.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { lockRow } from '../support/row-lock.ts';

const paid = ({ orderId }: CheckoutOrder, captured = 1_000): PaymentConfirmation => ({
  orderId,
  payment: { attempt: 1, status: 'succeeded', paymentIntentId: `pi_${orderId}`, captured },
});

const cancelled = (order: CheckoutOrder): StockRelease => ({
  orderId: order.orderId,
  status: 'cancelled',
  reason: 'cancelled',
  order,
});

const buyers = (count: number, sku: string): CheckoutOrder[] =>
  Array.from({ length: count }, () => checkoutOrder({ lines: [line(sku)] }));

const idsOf = (items: { orderId: string }[]): string[] => items.map(({ orderId }) => orderId);

const reasonsOf = (results: PromiseSettledResult<unknown>[]): string[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));

const answersOf = (results: PromiseSettledResult<OrderResult[]>[]): OrderResult[] => {
  assert.deepEqual(reasonsOf(results), []);
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
};

// One concurrent call for each order.
type Results = Promise<PromiseSettledResult<OrderResult[]>[]>;
const reserveEach = (ledger: OrderLedger, orders: CheckoutOrder[]): Results =>
  Promise.allSettled(orders.map((order) => ledger.reserveStock([order])));
const confirmEach = (ledger: OrderLedger, confirmations: PaymentConfirmation[]): Results =>
  Promise.allSettled(confirmations.map((confirmation) => ledger.confirmOrder([confirmation])));
const releaseEach = (ledger: OrderLedger, releases: StockRelease[]): Results =>
  Promise.allSettled(releases.map((release) => ledger.releaseStock([release])));

describe('batched ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  /** A batched ledger that records the orders of every statement. */
  function recordingLedger(
    inner = shop.ledger,
    maxWaitMs = 60_000,
  ): { ledger: OrderLedger; statements: string[][] } {
    const statements: string[][] = [];
    const recorded = <T extends { orderId: string }, R>(run: (items: T[]) => R) => {
      return (items: T[]): R => {
        statements.push(idsOf(items));
        return run(items);
      };
    };
    const ledger = batchedLedger(
      {
        ...inner,
        reserveStock: recorded((orders) => inner.reserveStock(orders)),
        confirmOrder: recorded((confirmations) => inner.confirmOrder(confirmations)),
        releaseStock: recorded((releases) => inner.releaseStock(releases)),
      },
      { maxWaitMs },
    );
    return { ledger, statements };
  }

  const eventTypes = async (orderId: string): Promise<string[]> =>
    (await shop.reader.events(orderId)).map(({ type }) =>
      type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''),
    );

  it('sells 500 pieces to the first 500 of 2,000 concurrent buyers, and returns to each their own order', async () => {
    const sku = await shop.item(500);
    const orders = buyers(2_000, sku);
    const { ledger, statements } = recordingLedger();

    const answers = answersOf(await reserveEach(ledger, orders));

    assert.deepEqual(idsOf(answers), idsOf(orders));
    assert.deepEqual(
      answers.map(({ status }) => status),
      orders.map((_, index) => (index < 500 ? 'reserved' : 'out_of_stock')),
    );
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 500, sold: 0 });
    assert.equal(statements.length, 1 + Math.ceil(1_999 / 100));
  });

  it('confirms and releases concurrently, and the stock adds up', async () => {
    const sku = await shop.item(100);
    const orders = buyers(100, sku);
    const [buying, leaving] = [orders.slice(0, 60), orders.slice(60)];
    const { ledger, statements } = recordingLedger();
    answersOf(await reserveEach(ledger, orders));
    statements.length = 0;

    const [confirmed, released] = await Promise.all([
      confirmEach(
        ledger,
        buying.map((order) => paid(order)),
      ),
      releaseEach(ledger, leaving.map(cancelled)),
    ]);

    assert.deepEqual(
      answersOf(confirmed).map(({ orderId, status }) => [orderId, status]),
      buying.map(({ orderId }) => [orderId, 'paid']),
    );
    assert.deepEqual(
      answersOf(released).map(({ orderId, status }) => [orderId, status]),
      leaving.map(({ orderId }) => [orderId, 'cancelled']),
    );
    assert.deepEqual(await shop.stock(sku), { available: 40, held: 0, sold: 60 });
    assert.equal(statements.length, 4);
  });

  it('runs a call at once when no statement runs', async () => {
    const sku = await shop.item(10);
    const { ledger, statements } = recordingLedger();
    for (const [index, order] of buyers(3, sku).entries()) {
      const answered = ledger.reserveStock([order]);
      await nextTurn();
      assert.equal(statements.length, index + 1);
      await answered;
    }
  });

  it('keeps the orders of one call in one statement, and otherwise puts at most a hundred into one', async () => {
    const sku = await shop.item(1_000);
    const { ledger, statements } = recordingLedger();
    const groups = [1, 60, 60, 150, 30, 30].map((size) => buyers(size, sku));

    const answers = await Promise.all(groups.map((orders) => ledger.reserveStock(orders)));

    assert.deepEqual(answers.map(idsOf), groups.map(idsOf));
    assert.deepEqual(
      statements.map(({ length }) => length),
      [1, 60, 60, 150, 60],
    );
  });

  it('fails only the order that PostgreSQL refuses', async () => {
    const sku = await shop.item(100);
    const orders = buyers(20, sku);
    const invalid = { ...checkoutOrder({ lines: [line(sku)] }), placedAt: 'not a time' };
    const { ledger } = recordingLedger();

    const all = orders.toSpliced(10, 0, invalid);
    const reserved = await reserveEach(ledger, all);
    const confirmed = await confirmEach(
      ledger,
      orders.map((order, index) => paid(order, index === 10 ? -1 : 1_000)),
    );

    assert.deepEqual(
      reserved.map(({ status }) => status),
      all.map((order) => (order === invalid ? 'rejected' : 'fulfilled')),
    );
    assert.deepEqual(
      confirmed.map(({ status }) => status),
      orders.map((_, index) => (index === 10 ? 'rejected' : 'fulfilled')),
    );
    assert.match(String(reasonsOf(reserved)), /invalid input syntax/);
    assert.match(String(reasonsOf(confirmed)), /violates check constraint/);
    assert.deepEqual(await shop.stock(sku), { available: 80, held: 1, sold: 19 });
  });

  it('does not run the calls one by one when PostgreSQL is unavailable', async () => {
    const { ledger, statements } = recordingLedger(ledgerAway());

    const results = await reserveEach(ledger, buyers(20, 'any'));

    assert.equal(reasonsOf(results).length, 20);
    assert.deepEqual(
      statements.map(({ length }) => length),
      [1, 19],
    );
  });

  it('stops running the calls one by one when PostgreSQL becomes unavailable', async () => {
    const orders = buyers(20, await shop.item(100));
    const invalid = { ...checkoutOrder(), placedAt: 'not a time' };
    const away = ledgerAway();
    const { ledger, statements } = recordingLedger({
      ...shop.ledger,
      reserveStock: (some) => (statements.length < 5 ? shop.ledger : away).reserveStock(some),
    });

    const results = await reserveEach(ledger, [...orders, invalid]);

    assert.deepEqual(
      statements.map(({ length }) => length),
      [1, 20, 1, 1, 1],
    );
    assert.equal(reasonsOf(results).length, 18);
  });

  it('fails a call that waited too long, and does not run it later', async () => {
    const sku = await shop.item(10);
    const [order, other] = buyers(2, sku);
    assert.ok(order && other);
    const { ledger } = recordingLedger(shop.ledger, 50);
    const lock = await lockRow(shop.url, 'select from stock_levels where sku = $1 for update', [sku]);

    const answered = Promise.allSettled([ledger.reserveStock([order]), ledger.reserveStock([other])]);
    await lock.isWaitedFor();
    await delay(60);
    await lock.release();
    const results = await answered;

    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(await shop.reader.find(other.orderId), undefined);
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 1, sold: 0 });
  });

  it('does not run the calls one by one when the connection is lost, and continues afterwards', async () => {
    const sku = await shop.item(100);
    const orders = buyers(20, sku);
    const { ledger, statements } = recordingLedger();
    const lock = await lockRow(shop.url, 'select from stock_levels where sku = $1 for update', [sku]);

    const answered = reserveEach(ledger, orders);
    await cutWhoWaits();
    await waitUntilPasses(() => {
      assert.equal(statements.length, 2);
    });
    await cutWhoWaits();
    const results = await answered;
    await lock.release();

    assert.equal(reasonsOf(results).length, 20);
    assert.deepEqual(
      statements.map(({ length }) => length),
      [1, 19],
    );
    const repeated = answersOf(await reserveEach(ledger, orders));
    assert.ok(repeated.every(({ status }) => status === 'reserved'));
    assert.deepEqual(await shop.stock(sku), { available: 80, held: 20, sold: 0 });
  });

  it('reserves an order once when it comes twice concurrently, and returns the result to both callers', async () => {
    const sku = await shop.item(100);
    const [first, order, ...others] = buyers(5, sku);
    assert.ok(first && order);
    const { ledger, statements } = recordingLedger();
    const twice = [first, order, ...others, order];

    const reserved = answersOf(await reserveEach(ledger, twice));
    const confirmed = answersOf(
      await confirmEach(
        ledger,
        twice.map((each) => paid(each)),
      ),
    );

    assert.deepEqual(idsOf(reserved), idsOf(twice));
    assert.deepEqual(idsOf(confirmed), idsOf(twice));
    assert.ok(reserved.every(({ status }) => status === 'reserved'));
    assert.ok(confirmed.every(({ status }) => status === 'paid'));
    assert.deepEqual(await shop.stock(sku), { available: 95, held: 0, sold: 5 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'paid']);
    for (const ids of statements) assert.equal(new Set(ids).size, ids.length);
  });

  it('ends an order as the first of two concurrent releases says', async () => {
    const sku = await shop.item(2);
    const [first, order] = buyers(2, sku);
    assert.ok(first && order);
    const { ledger } = recordingLedger();
    await ledger.reserveStock([first, order]);

    const answers = answersOf(
      await releaseEach(ledger, [
        cancelled(first),
        { ...cancelled(order), status: 'expired', reason: 'expired' },
        cancelled(order),
      ]),
    );

    assert.deepEqual(
      answers.map(({ status }) => status),
      ['cancelled', 'expired', 'expired'],
    );
    assert.deepEqual(await shop.stock(sku), { available: 2, held: 0, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'expired']);
  });

  it('holds no stock after many concurrent reservations and releases', async () => {
    const sku = await shop.item(1_000);
    const { ledger } = recordingLedger();
    const early = buyers(100, sku);
    answersOf(await reserveEach(ledger, early));
    const late = buyers(100, sku);

    const results = await Promise.all([
      reserveEach(ledger, late),
      releaseEach(ledger, [...late, ...early].map(cancelled)),
    ]);

    for (const result of results) answersOf(result);
    assert.deepEqual(await shop.stock(sku), { available: 1_000, held: 0, sold: 0 });
  });

  /** A ledger on a PostgreSQL that accepts no connection. */
  function ledgerAway(): OrderLedger {
    const url = new URL(shop.url);
    url.port = String(CLOSED_PORT);
    return createOrderLedger(createPool({ url: url.href }));
  }

  /** Closes connections as a crash of PostgreSQL or of the network would. */
  async function cutWhoWaits(): Promise<void> {
    await waitUntilPasses(async () => {
      const { rowCount } = await shop.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      );
      assert.equal(rowCount, 1);
    });
  }
});
