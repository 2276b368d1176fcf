import assert from 'node:assert/strict';
import { MAX_EXACT_COUNT } from '../../src/contracts/http/order-lists.ts';
import { createExportOrders } from '../../src/adapters/postgres/order-export.ts';
import { createOrderReader } from '../../src/adapters/postgres/order-reader.ts';
import { createStatsSeries } from '../../src/adapters/postgres/stats-series.ts';
import { orderTable } from '../../src/api/lib/order-table.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const ORDERS = 100_000;

describe('lists of a hundred thousand orders', function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await openShop();
    // Many in the same moment, as after an import: the order of a list goes on by the id.
    await shop.pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method,
                           created_at, outcome_at)
       select 'many_' || n, 'development', 'h', case when n % 50 = 0 then 'out_of_stock' else 'placed' end, 'EUR', 100,
              '[{"sku": "a", "quantity": 2}]', 'a@example.com', 'pm_x', now() - (n / 50) * interval '1 second', now() - (n / 50) * interval '1 second'
         from generate_series(1, ${ORDERS}) n`,
    );
    await shop.pool.query('analyze orders');
  });
  after(() => shop.close());

  it('are counted exactly up to 10,000, and are estimated beyond', async () => {
    const reader = createOrderReader(shop.pool);
    const exact = await reader.count({ clientId: 'development', status: 'out_of_stock' });
    assert.deepEqual(exact, { count: ORDERS / 50, isEstimate: false });
    const { count, isEstimate } = await reader.count({ clientId: 'development' });
    assert.equal(isEstimate, true);
    assert.ok(count > MAX_EXACT_COUNT && Math.abs(count - ORDERS) < ORDERS / 5, String(count));
  });

  it('are exported one page after another, each order once', async () => {
    const seen = new Set<string>();
    let rows = 0;
    let largest = 0;
    const wanted = { clientId: 'development', withCustomer: false };
    for await (const text of orderTable(createExportOrders(shop.pool)(wanted), false)) {
      largest = Math.max(largest, text.length);
      for (const row of text.split('\r\n').filter((line) => line.startsWith('many_'))) {
        seen.add(row.slice(0, row.indexOf(',')));
        rows += 1;
      }
    }
    assert.deepEqual([rows, seen.size], [ORDERS, ORDERS]);
    assert.ok(largest < 300_000, `${largest} characters at a time`);
  });

  it('are read no further than their reader goes', async () => {
    let queries = 0;
    const pool = new Proxy(shop.pool, {
      get: (target, name) => {
        if (name === 'query') queries += 1;
        return Reflect.get(target, name, target) as unknown;
      },
    });
    const pages = createExportOrders(pool)({ clientId: 'development', withCustomer: false });
    assert.equal((await pages.next()).value?.length, 1_000);
    await pages.return();
    assert.equal(queries, 1);
  });

  it('have a course, in which each order of the window is counted', async () => {
    const { points } = await createStatsSeries(shop.pool).read(1_800, 30);
    const placed = points.reduce((sum, point) => sum + point.placed, 0);
    assert.ok(placed > 80_000 && placed <= 90_000, String(placed));
  });
});
