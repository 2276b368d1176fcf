import assert from 'node:assert/strict';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createOrderReader, type OrderFilter } from '../../src/adapters/postgres/order-reader.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the search of orders', function () {
  this.timeout(120_000);
  let shop: Shop;
  let pool: Pool;
  let sku: string;
  let other: string;
  before(async () => {
    shop = await openShop();
    pool = createPool({ url: shop.url, max: 1 });
    sku = await shop.item(1_000);
    other = await shop.item(1_000);
  });
  after(async () => {
    await pool.end();
    await shop.close();
  });

  const search = async (q: string, changes: Partial<OrderFilter> = {}): Promise<string[]> =>
    (await createOrderReader(pool).list({ clientId: 'development', limit: 100, q, ...changes })).map(
      ({ orderId }) => orderId,
    );
  async function paid(name: string, lines = [line(sku)]): Promise<string> {
    const order = checkoutOrder({ lines });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    const payment = {
      attempt: 1,
      status: 'succeeded',
      paymentIntentId: `pi_${name}`,
      captured: 1_000,
    } as const;
    await shop.ledger.confirmOrder([{ orderId, payment }]);
    return orderId;
  }

  it('finds an order by its id, its PaymentIntent, its idempotency key and the tracking codes of its parcels', async () => {
    const orderId = await paid('one');
    await paid('two');
    await shop.pool.query(
      `insert into shipments (shipment_id, order_id, number, location_id, status, mode, tracking_code)
       values ('shp_1', $1, 1, 'default', 'in_transit', 'warehouse', 'TRACK-1')`,
      [orderId],
    );
    await shop.pool.query(
      `insert into returns (return_id, order_id, number, status, request_hash, tracking_code)
       values ('ret_1', $1, 1, 'open', 'h', 'BACK-1')`,
      [orderId],
    );
    for (const q of [orderId, 'pi_one', 'TRACK-1', 'BACK-1']) assert.deepEqual(await search(q), [orderId], q);
    for (const q of [orderId.slice(0, 8), orderId.slice(0, 20), orderId.slice(0, -1)])
      assert.deepEqual(await search(q), [orderId], q);
    assert.deepEqual(await search(orderId.slice(0, 7)), [], 'too many orders begin so');
    assert.deepEqual(await search(orderId.slice(4)), []);
    assert.deepEqual(await search('my-key', { orderOfKey: orderId }), [orderId]);
    for (const q of ['pi_on', 'nothing', "' or true --", '%']) assert.deepEqual(await search(q), [], q);
  });

  it('finds the orders of an item, newest first, page by page, and with the other filters', async () => {
    const mine = [
      await paid('a', [line(other)]),
      await paid('b', [line(other), line(sku)]),
      await paid('c', [line(other)]),
    ];
    assert.deepEqual((await search(other)).sort(), [...mine].sort());
    const reader = createOrderReader(pool);
    const [first, second] = await reader.list({ clientId: 'development', limit: 2, q: other });
    assert.ok(first && second);
    const rest = await search(other, { cursor: { createdAt: second.createdAt, orderId: second.orderId } });
    assert.deepEqual([first.orderId, second.orderId, ...rest].sort(), [...mine].sort());
    assert.deepEqual(await search(other, { status: 'cancelled' }), []);
  });

  it('finds nothing of another client', async () => {
    const orderId = await paid('mine');
    assert.deepEqual(await search(orderId, { clientId: 'somebody' }), []);
    assert.notEqual(orderIdOf('development', 'k'), orderIdOf('somebody', 'k'));
  });

  it('reads indexes only, however many orders there are', async () => {
    await shop.pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method, created_at)
       select 'many_' || n, 'development', 'h', 'placed', 'EUR', 100, '[]', 'a' || n || '@example.com', 'pm_x', now() from generate_series(1, 20000) n`,
    );
    await shop.pool
      .query(`insert into payments (order_id, attempt, status, currency, amount, payment_intent_id)
      select order_id, 1, 'none', 'EUR', 100, 'pi_' || order_id from orders where order_id like 'many%'`);
    await shop.pool
      .query(`insert into shipments (shipment_id, order_id, number, location_id, status, mode, tracking_code)
      select order_id, order_id, 1, 'default', 'allocated', 'warehouse', 'T' || order_id from orders where order_id like 'many%'`);
    await shop.pool.query(`insert into stock_movements (sku, location_id, kind, order_id, available, held)
      select 'sku-' || n, 'default', 'held', 'many_' || n, -1, 1 from generate_series(1, 20000) n`);
    await shop.pool.query('analyze');
    const read = async (): Promise<unknown> => {
      await pool.query('select pg_stat_force_next_flush()');
      return (
        await pool.query(
          `select relname, seq_scan, (select sum(idx_tup_read) from pg_stat_user_indexes i
                                       where i.relname = t.relname and indexrelname = 'orders_of_client') as of_client
             from pg_stat_user_tables t where relname in ('orders', 'payments', 'shipments', 'stock_movements') order by 1`,
        )
      ).rows;
    };
    const before = await read();
    for (const q of ['many_77', 'pi_many_77', 'Tmany_77']) assert.deepEqual(await search(q), ['many_77'], q);
    assert.ok((await search(sku)).length > 0);
    for (const q of ['nothing', 'ord_many', 'ord_zzzz']) assert.deepEqual(await search(q), [], q);
    const email = await createOrderReader(pool).list({
      clientId: 'development',
      email: 'A77@example.com',
      limit: 5,
    });
    assert.deepEqual(
      email.map(({ orderId }) => orderId),
      ['many_77'],
    );
    assert.deepEqual(await read(), before);
  });
});
