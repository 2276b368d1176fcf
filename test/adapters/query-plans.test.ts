import assert from 'node:assert/strict';
import { createOrderLedger, type OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop } from '../support/postgres.ts';
import { shippingShop } from '../support/shipments.ts';

describe('the plans of our SQL functions', function () {
  this.timeout(120_000);

  /** A connection keeps its plans: a plan that scans a small table would still scan it when many orders have filled it. */
  it('find orders and items by their key, also plans that were made for empty tables', async () => {
    const shop = await openShop();
    const sku = await shop.item(1_000);
    // One connection, whose statistics can be flushed at once.
    const pool = createPool({ url: shop.url, max: 1 });
    const ledger = createOrderLedger(pool);
    const counts = async (): Promise<unknown> => {
      await pool.query('select pg_stat_force_next_flush()');
      const { rows } = await pool.query<Record<string, number>>(
        `select sum(seq_scan) filter (where relname = 'orders') as orders_scanned,
                sum(seq_scan) filter (where relname in ('stock_items', 'stock_levels', 'reservations', 'order_claims')) as stock_scanned,
                (select sum(idx_scan) from pg_stat_user_indexes
                  where relname = 'orders' and indexrelname <> 'orders_pkey') as by_another_index
           from pg_stat_user_tables`,
      );
      return rows[0];
    };
    for (let round = 0; round < 10; round += 1) await takeOrders(ledger, sku);
    const before = await counts();
    for (let round = 0; round < 10; round += 1) await takeOrders(ledger, sku);

    assert.deepEqual(await counts(), before);
    await Promise.all([pool.end(), shop.close()]);
  });

  it('find shipments, returns and refunds by their order', async () => {
    const shop = await openShop();
    const ship = shippingShop(shop);
    const sku = await shop.item(1_000);
    const pool = createPool({ url: shop.url, max: 1 });
    const shipments = createShipmentStore(pool);
    const orderIds: string[] = [];
    for (let order = 0; order < 5; order += 1) orderIds.push(await ship.order([{ sku, quantity: 1 }]));
    const planAll = async (): Promise<void> => {
      for (const orderId of orderIds)
        await shipments.plan([{ orderId, mode: 'carrier', tracking: true, returnWindowMs: 1_000 }]);
    };
    const scanned = async (): Promise<unknown> => {
      await pool.query('select pg_stat_force_next_flush()');
      return (
        await pool.query(
          `select relname, seq_scan from pg_stat_user_tables
            where relname in ('orders', 'order_events', 'order_lines', 'reservations', 'shipments', 'shipment_lines', 'returns',
                              'refunds', 'mails', 'payments', 'captures') order by 1`,
        )
      ).rows;
    };
    await planAll();
    const before = await scanned();
    await planAll();
    assert.deepEqual(await scanned(), before);
    await Promise.all([pool.end(), shop.close()]);
  });
});

/** An order that waits for its customer, a paid one, and a cancelled one. */
async function takeOrders(ledger: OrderLedger, sku: string): Promise<void> {
  const orders = Array.from({ length: 3 }, () => checkoutOrder({ lines: [line(sku)] }));
  const [waiting, paid, cancelled] = orders;
  assert.ok(waiting && paid && cancelled);
  await ledger.reserveStock(orders);
  await ledger.recordWaiting([
    {
      orderId: waiting.orderId,
      status: 'awaiting_customer',
      payment: { attempt: 1, status: 'requires_action' },
    },
  ]);
  await ledger.confirmOrder([
    { orderId: paid.orderId, payment: { attempt: 1, status: 'succeeded', captured: 1_000 } },
  ]);
  await ledger.releaseStock([
    { orderId: cancelled.orderId, status: 'cancelled', reason: 'cancelled', order: cancelled },
  ]);
}
