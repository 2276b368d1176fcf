import assert from 'node:assert/strict';
import type { QueryConfig } from 'pg';
import { fillWithHistory } from '../../harness/load/order-history.ts';
import { seedDemoCatalogue } from '../../src/adapters/postgres/demo-catalogue.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import { createOrderReader } from '../../src/adapters/postgres/order-reader.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';
import { createReturnStore } from '../../src/adapters/postgres/return-store.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.ts';
import { openShop, type Shop } from '../support/postgres.ts';

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A page of a table or an index has 8 KiB. The tables of this database have some twenty thousand pages. */
const FEW_PAGES = 1_500;

describe('reads in a database with many old orders', function () {
  this.timeout(180_000);
  let shop: Shop;
  let pages: number[];
  let pool: Pool;
  before(async () => {
    shop = await openShop();
    await seedDemoCatalogue(shop.url);
    await fillWithHistory(shop.pool, { past: 60_000, open: 6_000 }, () => undefined);
    // One order of another client, older than all other orders.
    await shop.pool.query(`update orders set client_id = 'small' where order_id like '%000000007'`);
    await fillWithShipments(shop.pool);
    await shop.pool.query('analyze orders, shipments, returns');
    pool = countingPages(shop.pool, (read) => pages.push(read));
  });
  beforeEach(() => {
    pages = [];
  });
  after(() => shop.close());

  const orderId = `ord_history${'9999'.padStart(25, '0')}`;
  const client = { clientId: 'development', limit: 20 };
  const reads: Record<string, () => Promise<unknown>> = {
    'an order': () => createOrderReader(pool).find(orderId),
    'the events of an order': () => createOrderReader(pool).events(orderId),
    'the newest orders': () => createOrderReader(pool).list(client),
    'the orders of a small client': () => createOrderReader(pool).list({ ...client, clientId: 'small' }),
    'orders by status': () => createOrderReader(pool).list({ ...client, status: 'awaiting_customer' }),
    'orders by a status that none has': () =>
      createOrderReader(pool).list({ ...client, status: 'cancelled' }),
    'orders by email': () => createOrderReader(pool).list({ ...client, email: 'customer-77@example.com' }),
    'orders that wait for an operator': () => createOrderReader(pool).list({ ...client, attention: true }),
    'a page far back': () =>
      createOrderReader(pool).list({ ...client, cursor: { createdAt: '2026-01-01T00:00:00Z', orderId } }),
    'the mails of an order': () => createMailLog(pool).list({ ...client, orderId }),
    'the newest mails': () => createMailLog(pool).list(client),
    'the newest shipments': () => createShipmentStore(pool).list(client),
    'shipments by a status that few have': () =>
      createShipmentStore(pool).list({ ...client, status: 'on_hold' }),
    'shipments by a status that none has': () =>
      createShipmentStore(pool).list({ ...client, status: 'lost' }),
    'the shipments of a small client': () => createShipmentStore(pool).list({ ...client, clientId: 'small' }),
    'the newest returns': () => createReturnStore(pool).list(client),
    'returns by a status that few have': () =>
      createReturnStore(pool).list({ ...client, status: 'requested' }),
    'the statistics of five minutes': () => createStatsReader(pool).read(300),
  };
  for (const [what, read] of Object.entries(reads)) {
    it(`${what}: reads a few pages`, async () => {
      await read();
      assert.equal(pages.length, 1);
      assert.ok((pages[0] ?? Infinity) < FEW_PAGES, `${pages[0] ?? 0} pages`);
    });
  }
});

/** Each paid order is delivered and has come back, except that the oldest parcels are on hold, and the oldest returns not decided. */
async function fillWithShipments(pool: Pool): Promise<void> {
  const numbered = `(select o.*, row_number() over (order by created_at) as n from orders o where status = 'paid') o`;
  await pool.query(
    `insert into shipments (shipment_id, order_id, number, location_id, status, mode, created_at)
     select 'shp_' || order_id, order_id, 1, 'default', case when n <= 5 then 'on_hold' else 'delivered' end, 'carrier', created_at
       from ${numbered}`,
  );
  await pool.query(
    `insert into returns (return_id, order_id, number, status, request_hash, reason, created_at)
     select 'ret_' || order_id, order_id, 1, case when n <= 5 then 'requested' else 'closed' end, '', repeat('x', 200), created_at from ${numbered}`,
  );
}

/** Records how many pages every query reads, and then runs it. */
function countingPages(pool: Pool, record: (pages: number) => void): Pool {
  const query = async (given: string | QueryConfig, bound: unknown[] = []): Promise<unknown> => {
    const text = typeof given === 'string' ? given : given.text;
    const values = typeof given === 'string' ? bound : (given.values ?? []);
    const explained = await pool.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values as unknown[],
    );
    const plan = explained.rows[0]?.['QUERY PLAN'][0]?.Plan;
    record(plan ? plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] : Infinity);
    return pool.query(text, values as unknown[]);
  };
  return Object.assign(Object.create(pool) as Pool, { query });
}
