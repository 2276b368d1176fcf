import assert from 'node:assert/strict';
import { createOrderCarriers } from '../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../src/adapters/postgres/order-claims.ts';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import {
  createDeleteExpired,
  RETENTION_KINDS,
  type DeletedBatch,
  type RetentionKind,
} from '../../src/adapters/postgres/retention.ts';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.ts';
import { createStockSubscriptions } from '../../src/adapters/postgres/stock-subscriptions.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { createRetention } from '../../src/app/retention.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { lockRow } from '../support/row-lock.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('retention', function () {
  this.timeout(60_000);
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.close());

  const batch = (kind: RetentionKind, limit = 100): Promise<DeletedBatch | undefined> =>
    createDeleteExpired(shop.pool)({ limit, everyMs: HOUR_MS, kinds: [{ kind, keepMs: DAY_MS }] });
  async function deleted(kind: RetentionKind): Promise<number | undefined> {
    const result = await batch(kind);
    assert.notEqual(result?.more, true);
    await shop.pool.query(`update retention_runs set next_run_at = '-infinity'`);
    return result?.deleted;
  }
  const ids = async (sql: string): Promise<string[]> =>
    (
      await shop.pool.query<{ id: string }>(
        `select (${sql.replace(' from', ')::text as id from')} order by 1`,
      )
    ).rows.map(({ id }) => id);
  const statsOf = async (kind: RetentionKind) =>
    (await createStatsReader(shop.pool).read(60)).retention.find((each) => each.kind === kind);

  /** Inserts dead letters, given as `id: [state, days since it was settled or arrived]`. */
  async function putDeadLetters(letters: Record<string, [state: string, days: number]>): Promise<void> {
    for (const [id, [state, days]] of Object.entries(letters))
      await shop.pool.query(
        `insert into dead_letters (dead_letter_id, source, position, body, state, reason, detail, retry_at, first_seen_at, settled_at)
         values ($1, 'kafka', '0', '', $2, 'invalid_request', '', case when $2 = 'retrying' then now() end, now() - $3 * interval '1 day',
                 case when $2 in ('replayed', 'discarded') then now() - $3 * interval '1 day' end)`,
        [id, state, days],
      );
  }

  it('deletes dead letters that an operator has settled, and never one that waits or is retried', async () => {
    await putDeadLetters({
      'old-replayed': ['replayed', 2],
      'old-discarded': ['discarded', 2],
      'new-discarded': ['discarded', 0.5],
      'old-waiting': ['waiting', 400],
      'old-retrying': ['retrying', 400],
    });
    assert.equal(await deleted('dead_letters'), 2);
    assert.deepEqual(await ids('select dead_letter_id from dead_letters'), [
      'new-discarded',
      'old-retrying',
      'old-waiting',
    ]);
    assert.equal(await deleted('dead_letters'), 0);
  });

  it('deletes in batches, and counts what is gone, until the next run is due', async () => {
    await putDeadLetters(
      Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`letter-${n}`, ['discarded', 2]])),
    );
    assert.deepEqual(await batch('dead_letters', 2), { kind: 'dead_letters', deleted: 2, more: true });
    assert.equal((await statsOf('dead_letters'))?.lastRunAt, undefined);
    assert.deepEqual(await batch('dead_letters', 2), { kind: 'dead_letters', deleted: 2, more: true });
    assert.deepEqual(await batch('dead_letters', 2), { kind: 'dead_letters', deleted: 1, more: false });
    assert.equal(await batch('dead_letters', 2), undefined);
    const stats = await statsOf('dead_letters');
    assert.equal(stats?.deleted, 5);
    assert.ok(Math.abs(Date.parse(stats.lastRunAt ?? '') - Date.now()) < 60_000);
  });

  it('leaves a kind to the process that is deleting its rows', async () => {
    await putDeadLetters({ old: ['discarded', 2] });
    const other = await lockRow(shop.url, 'select 1 from retention_runs where kind = $1 for update', [
      'dead_letters',
    ]);
    assert.equal(await batch('dead_letters'), undefined);
    assert.equal((await batch('audits'))?.deleted, 0);
    await other.release();
    assert.equal((await batch('dead_letters'))?.deleted, 1);
  });

  it('keeps the last audit, and one with differences until a later audit that covers it has found none', async () => {
    const put = (id: string, days: number, differences: number | null, sinceDays?: number) =>
      shop.pool.query(
        `insert into audits (audit_id, started_at, finished_at, difference_count, since)
         values ($1, now() - $2 * interval '1 day', case when $3::integer is not null then now() - $2 * interval '1 day' end,
                 coalesce($3, 0), now() - $4 * interval '1 day')`,
        [id, days, differences, sinceDays ?? null],
      );
    await put('failed', 50, null);
    await put('clean', 40, 0);
    await put('differs', 30, 1);
    await put('part', 20, 0, 25);
    assert.equal(await deleted('audits'), 2);
    assert.deepEqual(await ids('select audit_id from audits'), ['differs', 'part']);
    await put('all', 10, 0);
    assert.equal(await deleted('audits'), 2);
    assert.deepEqual(await ids('select audit_id from audits'), ['all']);
    assert.equal(await deleted('audits'), 0);
  });

  it('deletes the claims of decided orders, which a repeated claim finds again', async () => {
    const sku = await shop.item(10);
    const claims = createOrderClaims(shop.pool);
    const [old, open, unstarted, young] = [1, 2, 3, 4].map(() => checkoutOrder({ lines: [line(sku, 1)] }));
    assert.ok(old && open && unstarted && young);
    const claimOf = ({ orderId, requestHash }: CheckoutOrder) => ({
      orderId,
      requestHash,
      workflowId: checkoutWorkflowId(orderId),
    });
    const cancel = ({ orderId }: CheckoutOrder) =>
      shop.ledger.releaseStock([{ orderId, status: 'cancelled', reason: 'cancelled' }]);
    /** Moves what has happened so far into the past. */
    const age = () =>
      shop.pool.query(
        `with aged as (update orders set outcome_at = outcome_at - interval '2 days')
         update order_events set occurred_at = occurred_at - interval '2 days'`,
      );
    const idsOf = (...orders: CheckoutOrder[]) => orders.map(({ orderId }) => orderId).sort();
    await claims.claim([old, open, unstarted, young].map(claimOf));
    await shop.ledger.reserveStock([old, open]);
    await cancel(old);
    await readOutbox(shop.pool, '', 1);
    await age();
    await shop.ledger.reserveStock([young]);
    await cancel(young);
    await readOutbox(shop.pool, '', 1);

    assert.equal(await deleted('order_claims'), 1);
    assert.deepEqual(await ids('select order_id from order_claims'), idsOf(open, unstarted, young));
    const [again] = await claims.claim([{ ...claimOf(old), workflowId: 'group/late' }]);
    assert.equal(again?.workflowId, checkoutWorkflowId(old.orderId));

    // An order that was open when its first events were looked at is found by the event of its outcome.
    await cancel(open);
    await readOutbox(shop.pool, '', 1);
    await age();
    assert.equal(await deleted('order_claims'), 2);
    assert.deepEqual(await ids('select order_id from order_claims'), idsOf(old, unstarted));
  });

  it('keeps the claim of an order that has passed to another run, so that the earlier run is still refused', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(10), 1)] });
    const { orderId, requestHash } = order;
    const workflowId = checkoutWorkflowId(orderId);
    const claims = createOrderClaims(shop.pool);
    await claims.claim([{ orderId, requestHash, workflowId }]);
    await shop.ledger.reserveStock([order]);
    await createOrderCarriers(shop.pool).takeOver({ orderId, workflowId, epoch: 1 }, 'run_closed');
    const release = { orderId, status: 'cancelled', reason: 'cancelled' } as const;
    await shop.ledger.releaseStock([{ ...release, epoch: 2 }]);
    await readOutbox(shop.pool, '', 1);
    await shop.pool.query(
      `with aged as (update orders set outcome_at = outcome_at - interval '2 days')
       update order_events set occurred_at = occurred_at - interval '2 days'`,
    );
    assert.equal(await deleted('order_claims'), 0);
    const [again] = await claims.claim([{ orderId, requestHash, workflowId }]);
    assert.equal(again?.epoch, 2);
    await assert.rejects(shop.ledger.releaseStock([release]), { code: '23S03' });
  });

  it('looks at each event once for claims, in batches', async () => {
    const sku = await shop.item(10);
    const orders = [1, 2, 3].map(() => checkoutOrder({ lines: [line(sku, 1)] }));
    await shop.ledger.reserveStock(orders);
    await readOutbox(shop.pool, '', 1);
    await shop.pool.query(`update order_events set occurred_at = occurred_at - interval '2 days'`);
    assert.equal((await batch('order_claims', 4))?.more, true);
    assert.equal((await batch('order_claims', 4))?.more, false);
    const { rows } = await shop.pool.query(
      `select count(*)::int as left from order_events e, retention_runs r
        where r.kind = 'order_claims' and (e.tx, e.position) > (r.tx, r.position)`,
    );
    assert.deepEqual(rows, [{ left: 0 }]);
  });

  it('deletes webhook deliveries that have arrived, and keeps those that failed while their endpoint exists', async () => {
    const sku = await shop.item(10);
    const order = checkoutOrder({ lines: [line(sku, 1)] });
    await shop.ledger.reserveStock([order]);
    await shop.pool.query(
      `insert into webhook_endpoints (endpoint_id, url, state, state_reason)
       values ('we_live', 'https://a.example', 'enabled', null), ('we_removed', 'https://b.example', 'removed', 'asked')`,
    );
    const put = (endpoint: string, state: string, days: number, sequence: number) =>
      shop.pool.query(
        `insert into webhook_deliveries (delivery_id, endpoint_id, order_id, sequence, type, state, settled_at)
         values ($6, $1, $3, $5, 'x', $2, case when $2 <> 'pending' then now() - $4 * interval '1 day' end)`,
        [endpoint, state, order.orderId, days, sequence, `${endpoint}.${state}.${sequence}`],
      );
    await put('we_live', 'delivered', 2, 1);
    await put('we_live', 'failed', 400, 2);
    await put('we_removed', 'failed', 2, 1);
    await put('we_removed', 'pending', 2, 2);
    assert.equal(await deleted('webhook_deliveries'), 2);
    assert.deepEqual(await ids('select delivery_id from webhook_deliveries'), [
      'we_live.failed.2',
      'we_removed.pending.2',
    ]);
  });

  it('deletes alerts of stock that is not low any more, unless their mail could not be sent', async () => {
    const [low, ok] = [await shop.item(0), await shop.item(5)];
    await shop.pool.query(`update stock_levels set low_at = 1, alert_state = 'out' where sku = $1`, [low]);
    const put = (sku: string, mail: string, days: number) =>
      shop.pool.query(
        `insert into stock_alerts (sku, location_id, state, available, low_at, mail_status, raised_at)
         values ($1, 'default', 'low', 0, 1, $2, now() - $3 * interval '1 day')`,
        [sku, mail, days],
      );
    await put(low, 'sent', 2);
    for (const mail of ['sent', 'none', 'failed', 'pending']) await put(ok, mail, 2);
    await put(ok, 'none', 0.5);
    assert.equal(await deleted('stock_alerts'), 2);
    assert.deepEqual(await ids(`select sku || ' ' || mail_status from stock_alerts`), [
      `${low} sent`,
      `${ok} failed`,
      `${ok} none`,
      `${ok} pending`,
    ]);
  });

  it('deletes subscriptions a week after they were not confirmed, and after their end', async () => {
    const subscriptions = createStockSubscriptions(shop.pool);
    const sku = await shop.item(0);
    for (const email of ['ended', 'waiting', 'unconfirmed', 'recent'])
      await subscriptions.add({ clientId: 'shop', sku, email: `${email}@example.com` });
    await shop.pool.query(
      `update stock_subscriptions
          set mail = null, mail_since = now() - case when email like 'recent%' then interval '6 days' else interval '8 days' end,
              status = case when email like 'ended%' then 'notified' when email like 'waiting%' then 'confirmed' else status end,
              ended_at = case when email like 'ended%' then now() - interval '2 days' end`,
    );
    assert.equal(await deleted('stock_subscriptions'), 2);
    assert.deepEqual(await ids('select email from stock_subscriptions'), [
      'recent@example.com',
      'waiting@example.com',
    ]);
  });

  it('runs for every kind in the background, and logs how much it has deleted', async () => {
    await putDeadLetters({ old: ['discarded', 2], open: ['waiting', 2] });
    const lines: object[] = [];
    const logger = testLogger.child({});
    logger.info = (line: object) => lines.push(line);
    const keepMs = Object.fromEntries(RETENTION_KINDS.map((kind) => [kind, DAY_MS])) as Record<
      RetentionKind,
      number
    >;
    const retention = createRetention({ deleteExpired: createDeleteExpired(shop.pool), keepMs, logger });
    retention.start();
    await waitFor('a run of each kind', async () => {
      const { retention: runs } = await createStatsReader(shop.pool).read(60);
      return runs.length === RETENTION_KINDS.length && runs.every(({ lastRunAt }) => lastRunAt !== undefined);
    });
    await retention.stop();
    assert.deepEqual(lines, [{ kind: 'dead_letters', deleted: 1 }]);
    assert.deepEqual(await ids('select dead_letter_id from dead_letters'), ['open']);
  });
});
