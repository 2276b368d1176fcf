import assert from 'node:assert/strict';
import { ORDER_STATUSES, type OrderStatus } from '../../src/contracts/order-status.ts';
import {
  canBecome,
  FIRST_STATUSES,
  isDecided,
  isEnd,
  isFailed,
  isPaid,
  nextStatuses,
} from '../../src/domain/order-status.ts';
import { errorCode } from '../../src/adapters/postgres/pool.ts';
import { batchedLedger } from '../../src/adapters/postgres/batched-ledger.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the statuses of orders in PostgreSQL', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const statuses = async (expression: string): Promise<string[]> => {
    const { rows } = await shop.pool.query<{ statuses: string[] }>(`select ${expression} as statuses`);
    return rows[0]?.statuses.sort() ?? [];
  };
  const which = (is: (status: OrderStatus) => boolean): OrderStatus[] => ORDER_STATUSES.filter(is).sort();

  const insert = (orderId: string, status: string): Promise<unknown> =>
    shop.pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method, created_at)
       values ($1, 'c', 'h', $2, 'EUR', 0, '[]', 'ada@example.com', 'pm_card_visa', now())`,
      [orderId, status],
    );
  const change = (orderId: string, status: string): Promise<unknown> =>
    shop.pool.query('update orders set status = $2 where order_id = $1', [orderId, status]);
  const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'accepted',
      (error: unknown) => errorCode(error) ?? String(error),
    );

  it('may be followed by the same statuses as in src/domain/order-status.ts', async () => {
    for (const status of ORDER_STATUSES)
      assert.deepEqual(
        await statuses(`next_order_statuses('${status}')`),
        [...nextStatuses(status)].sort(),
        status,
      );
  });

  it('form the same sets as in src/domain/order-status.ts', async () => {
    assert.deepEqual(await statuses('first_order_statuses()'), [...FIRST_STATUSES].sort());
    assert.deepEqual(
      await statuses('open_order_statuses()'),
      which((status) => !isDecided(status)),
    );
    assert.deepEqual(await statuses('paid_order_statuses()'), which(isPaid));
    assert.deepEqual(await statuses('failed_order_statuses()'), which(isFailed));
    assert.deepEqual(await statuses('ended_order_statuses()'), which(isEnd));
  });

  it('are accepted in a new order only where an order begins with them', async () => {
    for (const status of ORDER_STATUSES)
      assert.equal(
        await outcomeOf(insert(`first-${status}`, status)),
        FIRST_STATUSES.includes(status) ? 'accepted' : '23S02',
        status,
      );
  });

  it('change only as the table says, and never to what is no status', async () => {
    const pairs = ORDER_STATUSES.flatMap((from) => ORDER_STATUSES.map((to) => [from, to] as const));
    await withoutTriggers(async () => {
      for (const [from, to] of pairs) await insert(`${from}-${to}`, from);
    });
    for (const [from, to] of pairs) {
      const expected = from === to || canBecome(from, to) ? 'accepted' : '23S01';
      assert.equal(await outcomeOf(change(`${from}-${to}`, to)), expected, `${from} to ${to}`);
    }
    await insert('unknown', 'reserved');
    assert.equal(await outcomeOf(change('unknown', 'lost')), '23S01');
  });

  it('that are refused are named in the error', async () => {
    await insert('ord_1', 'out_of_stock');
    await assert.rejects(change('ord_1', 'paid'), {
      message:
        'Order ord_1 cannot change from out_of_stock to paid: out_of_stock may be followed by nothing.',
    });
    await insert('ord_2', 'placed');
    await assert.rejects(
      change('ord_2', 'paid'),
      /Order ord_2 cannot change from placed to paid: placed may be followed by reserved, /,
    );
  });

  it('that are refused fail one order, and not those that share its statement', async () => {
    const sku = await shop.item(2);
    const bought = checkoutOrder({ lines: [line(sku)] });
    const ledger = batchedLedger(shop.ledger);
    await ledger.reserveStock([bought]);
    await insert('ord_3', 'placed');
    const payment = { attempt: 1, status: 'succeeded', captured: 0 } as const;
    const confirm = (orderId: string) => outcomeOf(ledger.confirmOrder([{ orderId, payment }]));
    // The first goes alone; the others wait for it and go together.
    const outcomes = await Promise.all([confirm('nobody'), confirm('ord_3'), confirm(bought.orderId)]);
    assert.deepEqual(outcomes, ['accepted', '23S01', 'accepted']);
    assert.equal((await shop.reader.find(bought.orderId))?.view.status, 'paid');
  });

  it('change to any status in a transaction that an operator has marked as a repair, and only in it', async () => {
    await insert('ord_repaired', 'reserved');
    await shop.pool.query(
      `begin; set local checkout.repair = 'on'; update orders set status = 'refunded' where order_id = 'ord_repaired'; commit`,
    );
    assert.equal((await shop.reader.find('ord_repaired'))?.view.status, 'refunded');
    assert.equal(await outcomeOf(change('ord_repaired', 'reserved')), '23S01');
  });

  async function withoutTriggers(run: () => Promise<unknown>): Promise<void> {
    await shop.pool.query('alter table orders disable trigger user');
    await run();
    await shop.pool.query('alter table orders enable trigger user');
  }
});
