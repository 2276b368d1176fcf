import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { createOrderStages } from '../../src/adapters/postgres/order-stages.ts';
import { createStatsReader, type DatabaseGauges } from '../../src/adapters/postgres/stats-reader.ts';
import { createDatabaseSource } from '../../src/telemetry/database.ts';
import { createFamilies } from '../../src/telemetry/families.ts';
import { Scrape } from '../../harness/scrape.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the metrics from PostgreSQL', () => {
  let shop: Shop;
  before(async function () {
    this.timeout(60_000);
    shop = await openShop();
  });
  after(() => shop.close());

  function source(gauges: () => Promise<DatabaseGauges>, limits = { maxAgeMs: 0, maxWaitMs: 5_000 }) {
    const registry = new Registry();
    const database = createDatabaseSource(createFamilies(registry), { gauges }, limits);
    return {
      refresh: () => database.refresh(),
      read: async () => {
        await database.refresh();
        return new Scrape(await registry.metrics());
      },
    };
  }

  it('show what waits', async () => {
    await shop.pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method,
                           created_at, reserved_at)
       values ('waits', 'c', 'h', 'reserved', 'EUR', 100, '[]', 'ada@example.com', 'pm_card_visa', now() - interval '60 s', now()),
              ('paid', 'c', 'h', 'reserved', 'EUR', 100, '[{"quantity": 2}, {"quantity": 3}]', 'ada@example.com', 'pm_card_visa', now() - interval '3 s',
               now() - interval '2 s')`,
    );
    await shop.pool.query(`update orders set status = 'payment_unknown' where order_id = 'waits'`);
    await shop.pool.query(
      `update orders set status = 'paid', outcome_at = created_at + interval '2 s' where order_id = 'paid'`,
    );
    await shop.pool.query(
      `insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions, since)
       values ('waits', 'w', 'checkPayment pi_123', 'r', 1, '{retry}', now() - interval '30 s'),
              ('paid', 'w', 'checkPayment pi_456', 'r', 1, '{retry}', now()), ('paid', 'w', 'carryOrder', 'r', 1, '{retry}', now())`,
    );
    await shop.pool.query(
      `insert into dead_letters (dead_letter_id, source, position, body, state, reason, detail)
       values ('d', 'kafka', '1', '', 'waiting', 'r', 'd')`,
    );
    const found = await source(() => createStatsReader(shop.pool).gauges()).read();
    const at = (name: string, labels = {}): number => found.sum(`checkout_${name}`, labels);
    assert.equal(at('undecided_orders', { status: 'payment_unknown' }), 1);
    const age = at('undecided_order_oldest_age_seconds', { status: 'payment_unknown' });
    assert.ok(age >= 60 && age < 120, String(age));
    assert.equal(at('parked_steps', { step: 'checkPayment' }), 2, 'without the ids in its name');
    assert.ok(at('parked_step_oldest_age_seconds', { step: 'checkPayment' }) >= 30);
    assert.equal(at('lost_orders'), 1);
    assert.equal(at('dead_letters', { state: 'waiting' }), 1);
    assert.equal(at('scrape_source_up', { source: 'database' }), 1);
    assert.ok(at('postgres_database_size_bytes') > 1_000_000);
    assert.ok(at('postgres_connections') >= 1);
    assert.ok(at('postgres_transactions_total', { result: 'committed' }) >= 1);
    assert.equal(found.find('checkout_audit_differences').length, 0, 'no audit yet');
    assert.deepEqual(
      found.series.filter(({ labels }) => Object.values(labels).some((value) => /pi_|ada@/.test(value))),
      [],
    );
  });

  it('have the stages of decided orders', async () => {
    const [stages, ...others] = await createOrderStages(shop.pool)(['paid', 'waits', 'nobody']);
    assert.deepEqual(others, []);
    assert.equal(stages?.orderId, 'paid');
    assert.deepEqual([stages.reservedMs, stages.decidedMs, stages.units], [1_000, 2_000, 5]);
  });

  const known = (): Promise<DatabaseGauges> => createStatsReader(shop.pool).gauges();

  it('are absent when PostgreSQL does not answer, and the others are there', async () => {
    let fails = false;
    const { read } = source(() => (fails ? Promise.reject(new Error('away')) : known()));
    assert.equal((await read()).find('checkout_lost_orders').length, 1);
    fails = true;
    const found = await read();
    assert.equal(found.sum('checkout_scrape_source_up', { source: 'database' }), 0);
    assert.equal(found.sum('checkout_scrape_source_errors_total', { source: 'database' }), 1);
    for (const name of ['lost_orders', 'undecided_orders', 'postgres_deadlocks_total'])
      assert.deepEqual(found.find(`checkout_${name}`), [], name);
    fails = false;
    assert.equal((await read()).sum('checkout_scrape_source_up', { source: 'database' }), 1);
  });

  it('keep no scrape waiting for a query that hangs, and have one query at a time', async () => {
    let asked = 0;
    const { read } = source(
      () => {
        asked += 1;
        return new Promise(() => undefined);
      },
      { maxAgeMs: 0, maxWaitMs: 20 },
    );
    const [found] = await Promise.all([read(), read(), read()]);
    await read();
    assert.equal(asked, 1);
    assert.equal(found.sum('checkout_scrape_source_up', { source: 'database' }), 0);
  });

  it('are read again only after some seconds', async () => {
    let asked = 0;
    const { refresh } = source(
      () => {
        asked += 1;
        return known();
      },
      { maxAgeMs: 60_000, maxWaitMs: 5_000 },
    );
    for (let scrapes = 0; scrapes < 3; scrapes += 1) await refresh();
    assert.equal(asked, 1);
  });
});
