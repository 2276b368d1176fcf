import assert from 'node:assert/strict';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createQueueReader } from '../../src/adapters/postgres/queue-reader.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import type { QueueView } from '../../src/contracts/http/board.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const HOUR_MS = 3_600_000;

describe('the queues', function () {
  this.timeout(120_000);
  let shop: Shop;
  /** One connection, which may give an order any status. */
  let pool: Pool;
  beforeEach(async () => {
    shop = await openShop();
    pool = createPool({ url: shop.url, max: 1 });
    await pool.query(`set checkout.repair = 'on'`);
  });
  afterEach(async () => {
    await pool.end();
    await shop.close();
  });

  async function queue(name: QueueView['name']): Promise<QueueView> {
    const { queues } = await createQueueReader(pool).read();
    const found = queues.find((each) => each.name === name);
    assert.ok(found, name);
    return found;
  }
  const ago = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();

  /** Inserts orders `<prefix>1` and so on, the n-th an hour older than the one before. */
  const orders = (prefix: string, count: number, status: string, review?: string): Promise<unknown> =>
    pool.query(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method, created_at, review)
       select $1 || n, 'development', 'h', $3, 'EUR', 100, '[]', 'a@example.com', 'pm_x', now() - n * interval '1 hour', $4::jsonb
         from generate_series(1, $2::integer) n`,
      [prefix, count, status, review ?? null],
    );
  const park = (orderId: string, step: string, hours: number, deadline?: string): Promise<unknown> =>
    pool.query(
      `insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions, since, deadline)
       values ($1, 'w', $2, 'x', 1, '{}', $3, $4)`,
      [orderId, step, ago(hours), deadline ?? null],
    );
  const shipment = (orderId: string, number: number, status: string, hours: number, handedOver?: number) =>
    pool.query(
      `insert into shipments (shipment_id, order_id, number, location_id, status, mode, created_at, handed_over_at)
       values ($1 || '/' || $2::integer, $1, $2::integer, 'default', $3, 'warehouse', $4, $5)`,
      [orderId, number, status, ago(hours), handedOver === undefined ? null : ago(handedOver)],
    );

  it('of an empty shop are empty, in the order of the board', async () => {
    const { queues, checkedAt } = await createQueueReader(pool).read();
    assert.deepEqual(
      queues.map(({ name, group, ...rest }) => [name, group, rest]),
      [
        ...[
          'attention',
          'review',
          'disputes',
          'oversold',
          'carrier-lost',
          'returns',
          'dead-letters',
          'webhooks',
          'audit-differences',
        ].map((name) => [name, 'need_you', { count: 0 }]),
        ...['payment-unknown', 'holds', 'late'].map((name) => [name, 'watch', { count: 0 }]),
      ],
    );
    assert.ok(Math.abs(Date.parse(checkedAt) - Date.now()) < 60_000);
  });

  it('count an order with several parked steps once, and not the steps with a queue of their own', async () => {
    await orders('ord_', 4, 'paid');
    const deadline = '2030-01-01T00:00:00.000Z';
    await park('ord_1', 'notify', 2);
    await park('ord_1', 'refundPayment', 5, deadline);
    await park('ord_2', 'carryOrder', 7);
    await park('ord_3', 'respondToDispute', 8);
    const attention = await queue('attention');
    assert.deepEqual([attention.count, attention.dueAt], [1, deadline]);
    assert.ok(Math.abs(Date.parse(attention.oldestAt ?? '') - Date.parse(ago(5))) < 60_000);
    assert.equal((await queue('carrier-lost')).count, 1);
  });

  it('have the orders in review with the next deadline, and those whose payment is unknown', async () => {
    await orders('a', 2, 'in_review', '{"reasons": [], "deadline": "2030-02-01T00:00:00.000Z"}');
    await orders('b', 1, 'in_review', '{"reasons": [], "deadline": "2030-01-01T00:00:00.000Z"}');
    await orders('c', 3, 'payment_unknown');
    await orders('d', 5, 'reserved');
    const review = await queue('review');
    assert.deepEqual([review.count, review.dueAt], [3, '2030-01-01T00:00:00.000Z']);
    assert.ok(Math.abs(Date.parse(review.oldestAt ?? '') - Date.parse(ago(2))) < 60_000);
    assert.equal((await queue('payment-unknown')).count, 3);
  });

  it('have the disputes that wait for evidence, and no others', async () => {
    await orders('ord_', 1, 'paid');
    for (const [id, status, closed] of [
      ['du_1', 'needs_response', false],
      ['du_2', 'under_review', false],
      ['du_3', 'lost', true],
    ] as const)
      await pool.query(
        `insert into disputes (dispute_id, order_id, payment_intent_id, amount, currency, reason, status, evidence_due_at, funds_withdrawn,
                               opened_at, closed_at, as_of)
         values ($1, 'ord_1', 'pi_1', 100, 'EUR', 'general', $2, '2030-01-01T00:00:00Z', true, $3, case when $4::boolean then now() end, now())`,
        [id, status, ago(3), closed],
      );
    const { count, dueAt } = await queue('disputes');
    assert.deepEqual([count, dueAt], [1, '2030-01-01T00:00:00.000Z']);
  });

  it('have an item once that is oversold at two locations', async () => {
    const sku = await shop.item(5);
    await pool.query(`insert into locations (location_id, name) values ('other', 'Other')`);
    await pool.query(`insert into stock_levels (sku, location_id, oversold) values ($1, 'other', 2)`, [sku]);
    await pool.query(`update stock_levels set oversold = 1 where sku = $1 and location_id = 'default'`, [
      sku,
    ]);
    await shop.item(5);
    await orders('ord_', 2, 'paid');
    await pool.query(
      `insert into reservations (order_id, sku, quantity, state, short) values ('ord_2', $1, 1, 'committed', 1)`,
      [sku],
    );
    const { count, oldestAt } = await queue('oversold');
    assert.equal(count, 1);
    assert.ok(Math.abs(Date.parse(oldestAt ?? '') - Date.parse(ago(2))) < 60_000);
  });

  it('have returns until they are closed, waiting dead letters, and endpoints that fail', async () => {
    await orders('ord_', 1, 'delivered');
    for (const [number, status] of ['requested', 'open', 'closed', 'declined'].entries())
      await pool.query(
        `insert into returns (return_id, order_id, number, status, request_hash) values ($1, 'ord_1', $2, $1, 'h')`,
        [status, number + 1],
      );
    for (const state of ['waiting', 'retrying', 'discarded'])
      await pool.query(
        `insert into dead_letters (dead_letter_id, source, position, body, state, reason, detail, retry_at)
         values ($1, 'kafka', '0', '', $1, 'invalid_json', '', case when $1 = 'retrying' then now() end)`,
        [state],
      );
    for (const [id, state, reason, failing] of [
      ['failing', 'enabled', null, true],
      ['well', 'enabled', null, false],
      ['disabled', 'disabled', 'failing', false],
      ['switched-off', 'disabled', 'asked', false],
    ] as const)
      await pool.query(
        `insert into webhook_endpoints (endpoint_id, url, state, state_reason, failing_since)
         values ($1, $1, $2, $3, case when $4::boolean then now() end)`,
        [id, state, reason, failing],
      );
    const counts = [await queue('returns'), await queue('dead-letters'), await queue('webhooks')];
    assert.deepEqual(
      counts.map(({ count }) => count),
      [2, 1, 2],
    );
  });

  it('have the differences of the last audit that has ended', async () => {
    for (const [id, hours, differences] of [
      ['old', 5, 9],
      ['last', 3, 4],
      ['running', 1, null],
    ] as const)
      await pool.query(
        `insert into audits (audit_id, started_at, finished_at, difference_count)
         values ($1, $2, case when $3::integer is not null then now() end, coalesce($3, 0))`,
        [id, ago(hours), differences],
      );
    assert.equal((await queue('audit-differences')).count, 4);
  });

  it('have the authorisations that end within two days, with the first end', async () => {
    await orders('ord_', 3, 'paid');
    for (const [order, capturable, hours] of [
      ['ord_1', 100, 40],
      ['ord_2', 100, 60],
      ['ord_3', 0, 10],
    ] as const)
      await pool.query(
        `insert into payments (order_id, attempt, status, currency, amount, capturable, capture_before)
         values ($1, 1, 'authorized', 'EUR', 100, $2, $3)`,
        [order, capturable, ago(-hours)],
      );
    const { count, dueAt } = await queue('holds');
    assert.equal(count, 1);
    assert.ok(Math.abs(Date.parse(dueAt ?? '') - Date.parse(ago(-40))) < 60_000);
  });

  it('have shipments that are late to be handed over, or on their way for too long', async () => {
    await orders('ord_', 1, 'paid');
    await shipment('ord_1', 1, 'allocated', 50);
    await shipment('ord_1', 2, 'label_bought', 47);
    await shipment('ord_1', 3, 'on_hold', 500);
    await shipment('ord_1', 4, 'in_transit', 400, 340);
    await shipment('ord_1', 5, 'in_transit', 400, 300);
    await shipment('ord_1', 6, 'delivered', 900, 800);
    assert.equal((await queue('late')).count, 2);
    const store = createShipmentStore(pool);
    const late = await store.list({ clientId: 'development', limit: 10, late: true });
    assert.deepEqual(
      late.map(({ number }) => number),
      [1, 4],
    );
    assert.equal((await store.list({ clientId: 'development', limit: 10, late: false })).length, 6);
    assert.equal(
      (await store.list({ clientId: 'development', limit: 10, late: true, status: 'in_transit' })).length,
      1,
    );
  });

  it('are counted up to 10,000, and read no table of orders as a whole', async () => {
    await orders('a', 10_500, 'payment_unknown');
    await orders('b', 2_000, 'reserved');
    await pool.query(`insert into payments (order_id, attempt, status, currency, amount, capturable, capture_before)
      select order_id, 1, 'authorized', 'EUR', 100, 100, now() + interval '6 days' from orders`);
    await pool.query(`insert into shipments (shipment_id, order_id, number, location_id, status, mode)
      select order_id, order_id, 1, 'default', 'allocated', 'warehouse' from orders`);
    await pool.query('analyze');
    const scans = async (): Promise<unknown> => {
      await pool.query('select pg_stat_force_next_flush()');
      const { rows } = await pool.query(
        `select relname, seq_scan from pg_stat_user_tables
          where relname in ('orders', 'payments', 'shipments', 'reservations') order by 1`,
      );
      return rows;
    };
    const before = await scans();
    const { count, atLeast } = await queue('payment-unknown');
    assert.deepEqual([count, atLeast], [10_000, true]);
    assert.deepEqual(await scans(), before);
  });
});
