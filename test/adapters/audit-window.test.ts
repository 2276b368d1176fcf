import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { createAuditActivities, type AuditParts } from '../../src/activities/audit.ts';
import { createAuditLog } from '../../src/adapters/postgres/audit/audit-log.ts';
import type { AuditActivities } from '../../src/contracts/http/audit.ts';
import type { ProviderPayment } from '../../src/contracts/ports/audit-sources.ts';
import { fillWithHistory } from '../../harness/load/order-history.ts';
import { interruptedActivity, runActivity } from '../support/activity-runs.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

const LONG_AGO = '2000-01-01T00:00:00Z';
/** The orders of the history were placed two years ago, each a minute after the one before. */
const HISTORY = { past: 40, open: 0, ageMinutes: 1_100_000 };
const past = (n: number): string => `ord_history${String(n).padStart(25, '0')}`;

describe('the time that an audit covers', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  /** Orders of two years ago, and their payments at the provider among those that others made in the last ten years. */
  async function anOldShop(others = 0): Promise<void> {
    await fillWithHistory(scenario.shop.pool, HISTORY, () => undefined);
    const from = Math.floor(Date.now() / 1000) - (HISTORY.ageMinutes + HISTORY.past) * 60;
    await scenario.provider.post('/account', {
      ...{ payments: HISTORY.past, others, orderPrefix: 'ord_history', from, to: from + HISTORY.past * 60 },
    });
  }
  const changedNow = (orderId: string): Promise<void> =>
    scenario.sql('update order_events set occurred_at = now() where order_id = $1 and sequence = 3', [
      orderId,
    ]);

  it('ends where it begins, unless it is told: orders of years ago are audited on request', async () => {
    await anOldShop();
    await scenario.sql(`update payments set captured = 999 where order_id = $1`, [past(3)]);
    const nightly = await scenario.audit();
    assert.deepEqual([nightly.checked.orders, nightly.checked.providerPayments], [0, 0]);
    assert.deepEqual(nightly.differences, []);
    const whole = await scenario.audit(LONG_AGO);
    assert.deepEqual([whole.checked.orders, whole.checked.providerPayments], [HISTORY.past, HISTORY.past]);
    assert.deepEqual(
      whole.differences.map(({ rule, orderId }) => [rule, orderId]),
      [
        ['paid_without_money', past(3)],
        ['captured_differs', past(3)],
      ],
    );
  });

  it('includes an order of any age that has changed in it, with its payment', async () => {
    await anOldShop();
    await scenario.sql(`update payments set captured = 999 where order_id = any ($1)`, [[past(3), past(4)]]);
    await changedNow(past(3));
    const { checked, differences } = await scenario.audit();
    assert.deepEqual([checked.orders, checked.providerPayments], [1, 1]);
    assert.deepEqual(
      differences.map(({ rule, orderId }) => [rule, orderId]),
      [
        ['paid_without_money', past(3)],
        ['captured_differs', past(3)],
      ],
    );
    await scenario.sql(
      `update payments set captured = 1000, payment_intent_id = 'pi_lost' where order_id = $1`,
      [past(3)],
    );
    await scenario.finds('payment_not_at_provider');
  });

  it('includes an order of any age that is refunded, or paid again, at the provider in it', async () => {
    await anOldShop();
    const { stripe } = scenario.provider;
    await stripe.refunds.create({ payment_intent: `pi_${past(5)}`, amount: 400 });
    const [found] = await scenario.finds('refund_unknown_here', 'refunded_differs');
    assert.equal(found?.orderId, past(5));
    await stripe.paymentIntents.create({
      ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
      metadata: { order_id: past(6) },
    });
    const { differences } = await scenario.audit();
    assert.deepEqual(
      differences.filter(({ orderId }) => orderId === past(6)).map(({ rule }) => rule),
      ['charged_twice', 'payment_unknown_here'],
    );
  });

  it('includes an order of any age whose payment is disputed in it, with its older disputes', async () => {
    await anOldShop();
    await scenario.provider.post(`/payment_intents/pi_${past(5)}/dispute`);
    const [found] = await scenario.finds('dispute_unknown_here');
    assert.equal(found?.orderId, past(5));
    await scenario.sql(
      `insert into disputes (dispute_id, order_id, payment_intent_id, amount, currency, reason, status, funds_withdrawn, opened_at,
                             closed_at, as_of)
       select 'du_old', order_id, payment_intent_id, 1, currency, 'general', 'lost', false, now() - interval '1 year',
              now(), now() from payments where order_id = $1`,
      [past(5)],
    );
    await scenario.finds('dispute_unknown_here', 'dispute_not_at_provider');
  });

  describe('includes what has no outcome yet, whatever its age', () => {
    const undecided: Record<string, string> = {
      'an authorisation': `update payments set capturable = 1000, captured = 0 where order_id = $1`,
      'a refund': `insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status)
                   select order_id || '/refund/1', order_id, 1, 'requested', 1, payment_intent_id, 1, '', 'pending'
                     from payments where order_id = $1`,
      'a capture': `insert into captures (capture_id, order_id, amount, final, request_hash, status)
                    values ($1 || '/capture/1', $1, 1, true, '', 'pending')`,
      'a dispute': `insert into disputes (dispute_id, order_id, payment_intent_id, amount, currency, reason, status, funds_withdrawn,
                                         opened_at, as_of)
                    select 'du_1', order_id, payment_intent_id, 1, currency, 'general', 'under_review', false, now(), now()
                      from payments where order_id = $1`,
      'a step': `insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions) values ($1, 'gone', 'x', 'y', 1, '{}')`,
      'a shipment': `insert into shipments (shipment_id, order_id, number, location_id, status, mode)
                     values ('shp_' || $1, $1, 1, 'default', 'allocated', 'warehouse')`,
      'a return': `insert into returns (return_id, order_id, number, status, request_hash) values ('ret_' || $1, $1, 1, 'open', '')`,
      'an order': `update orders set outcome_at = null where order_id = $1`,
    };
    for (const [what, change] of Object.entries(undecided))
      it(what, async () => {
        await anOldShop();
        await scenario.sql(change, [past(7)]);
        assert.equal((await scenario.audit()).checked.orders, 1);
      });
  });

  it('is one of an account of ten million payments', async () => {
    const day = 86_400;
    const to = Math.floor(Date.now() / 1000);
    // Thirty thousand of them are in the window.
    await scenario.provider.post('/account', { others: 10_000_000, from: to - 35 * 334 * day, to });
    await scenario.paid();
    const { differences, checked } = await scenario.audit();
    assert.deepEqual([differences, checked.providerPayments], [[], 1]);
  });
});

describe('the steps of an audit', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;
  let parts: AuditParts;
  const audited = { auditId: 'in-steps' };

  beforeEach(async () => {
    scenario = await openAuditScenario();
    ({ parts } = scenario);
  });
  afterEach(() => scenario.close());

  const until = async (activities: AuditActivities, ...names: (keyof AuditActivities)[]): Promise<void> => {
    for (const name of names) await runActivity(activities, name, [audited]);
  };
  const READING = [
    'collectOrders',
    'readPayments',
    'readRefunds',
    'readOlderPayments',
    'readLabels',
  ] as const;
  const COMPARING = ['readClosedWorkflows', 'readRunningWorkflows', 'compareRecords'] as const;

  it('go on with the list of payments where the attempt before stood', async () => {
    const orders = await Promise.all([1, 2, 3].map(() => scenario.paid()));
    const asked: (string | undefined)[] = [];
    let breaks = true;
    async function* payments(_since: Date, from?: string) {
      asked.push(from);
      for (let n = Number(from ?? 0); n < 25; n += 1) {
        if (n === 12 && breaks) throw new Error('the connection is lost');
        const order = orders[n - 9];
        yield { records: order ? [paymentOf(order)] : [], ...(n < 24 && { next: String(n + 1) }) };
        await Promise.resolve();
      }
    }
    const activities = createAuditActivities({ ...parts, provider: { ...parts.provider, payments } });
    await until(activities, 'beginAudit', 'collectOrders');

    const interrupted = await interruptedActivity(activities, 'readPayments', [audited]);
    assert.deepEqual(interrupted, { next: '10', read: 1 });
    breaks = false;
    await runActivity(activities, 'readPayments', [audited], 2, interrupted);

    assert.deepEqual(asked, [undefined, '10']);
    await until(activities, 'readRefunds', 'readOlderPayments', 'readLabels', ...COMPARING, 'finishAudit');
    const report = await createAuditLog(scenario.shop.pool).report(audited.auditId);
    assert.deepEqual([report?.differences, report?.checked.providerPayments], [[], 3]);
  });

  it('go on with the list of disputes where the attempt before stood', async () => {
    const asked: string[] = [];
    let breaks = true;
    async function* pages(list: string, from?: string) {
      asked.push(`${list} ${from ?? 'all'}`);
      for (let n = Number(from ?? 0); n < 25; n += 1) {
        if (list === 'disputes' && n === 12 && breaks) throw new Error('the connection is lost');
        await Promise.resolve();
        yield { records: [], ...(n < 24 && { next: String(n + 1) }) };
      }
    }
    const refunds = (_since: Date, from?: string) => pages('refunds', from);
    const disputes = (_since: Date, from?: string) => pages('disputes', from);
    const provider = { ...parts.provider, refunds, disputes };
    const activities = createAuditActivities({ ...parts, provider });
    await until(activities, 'beginAudit', 'collectOrders', 'readPayments');
    const interrupted = await interruptedActivity(activities, 'readRefunds', [audited]);
    assert.deepEqual(interrupted, { disputes: { next: '10', read: 0 } });
    breaks = false;
    await runActivity(activities, 'readRefunds', [audited], 2, interrupted);
    assert.deepEqual(asked, ['refunds all', 'disputes all', 'disputes 10']);
  });

  it('go on with the orders where the attempt before stood', async () => {
    await scenario.paid();
    await scenario.paid();
    await scenario.sql(`update orders set total = 900`);
    const activities = createAuditActivities(parts);
    await until(activities, 'beginAudit', ...READING, 'readClosedWorkflows', 'readRunningWorkflows');
    const { rows } = await scenario.shop.pool.query<{ n: number; order_id: string }>(
      'select n, order_id from audit_orders order by n',
    );
    const [first, second] = rows;
    await runActivity(activities, 'compareRecords', [audited], 2, { after: first?.n, counts: { orders: 1 } });
    const summary = await runActivity(activities, 'finishAudit', [audited]);
    assert.deepEqual(
      summary.differences.map(({ rule, orderId }) => [rule, orderId]),
      [['paid_without_money', second?.order_id]],
    );
    assert.equal(summary.checked.orders, 2);
  });

  it('collect the orders in parts where there are many', async () => {
    // More than are collected at once, in one second that cannot be divided, and in the rest of the time.
    await scenario.sql(`
      insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method,
                          created_at, outcome_at, last_sequence)
      select 'ord_' || lpad(n::text, 32, '0'), 'c', 'h', 'rejected', 'EUR', 0, '[]', 'x@example.com', 'pm_x',
             now() - case when n <= 60000 then interval '2 days' else n * interval '1 second' end, now(), 0
        from generate_series(1, 70000) n`);
    await until(createAuditActivities(parts), 'beginAudit', 'collectOrders');
    const { rows } = await scenario.shop.pool.query('select count(*) as n from audit_orders');
    assert.deepEqual(rows, [{ n: 70_000 }]);
  });

  it('may each be done twice', async () => {
    await scenario.refunded(await scenario.paid(), 300);
    await scenario.sql(`update payments set refunded = 200`);
    const activities = createAuditActivities(parts);
    for (const name of ['beginAudit', ...READING, ...COMPARING, 'recheckDifferences'] as const)
      await until(activities, name, name);
    const first = await runActivity(activities, 'finishAudit', [audited]);
    assert.deepEqual(
      first.differences.map(({ rule }) => rule),
      ['refund_sum', 'refunded_differs'],
    );
    assert.deepEqual(await runActivity(activities, 'finishAudit', [audited]), first);
    assert.deepEqual(await runActivity(activities, 'beginAudit', [audited]), first);
  });

  it('leave nothing behind, except where another audit runs', async () => {
    const activities = createAuditActivities(parts);
    await scenario.paid();
    const other = { auditId: 'other' };
    await runActivity(activities, 'beginAudit', [other]);
    await runActivity(activities, 'collectOrders', [other]);
    await scenario.audit();
    const left = async (): Promise<string[]> => {
      const { rows } = await scenario.shop.pool.query<{ audit_id: string }>(
        'select audit_id from audit_orders union all select audit_id from audit_provider_payments',
      );
      return rows.map(({ audit_id }) => audit_id);
    };
    assert.deepEqual(await left(), ['other']);
    await runActivity(activities, 'finishAudit', [other]);
    assert.deepEqual(await left(), []);
  });

  it('begin at any time, also before 1970, and end at once with one that cannot be read', async () => {
    await scenario.paid();
    const { differences, checked } = await scenario.audit('1969-12-31T00:00:00Z');
    assert.deepEqual([differences, checked.orders, checked.providerPayments], [[], 1, 1]);
    await assert.rejects(
      runActivity(createAuditActivities(parts), 'beginAudit', [{ ...audited, since: 'yesterday' }]),
      (error) => error instanceof ApplicationFailure && error.nonRetryable === true,
    );
  });

  it('end at once, and say so, when PostgreSQL has lost what they have read', async () => {
    const activities = createAuditActivities(parts);
    await until(activities, 'beginAudit', 'collectOrders');
    await scenario.sql('truncate audit_comparisons, audit_orders');
    for (const name of ['readPayments', 'finishAudit'] as const)
      await assert.rejects(
        runActivity(activities, name, [audited]),
        (error) =>
          error instanceof ApplicationFailure &&
          error.nonRetryable === true &&
          /Run a new audit/.test(error.message),
      );
  });

  const paymentOf = ({ paymentIntentId, orderId }: PaidOrder): ProviderPayment => ({
    ...{ paymentIntentId, orderId },
    ...{ status: 'succeeded', currency: 'EUR', amount: 1_000, received: 1_000, capturable: 0 },
  });
});

describe('the movements of the stock', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  const hourLater = (): Promise<void> =>
    scenario.sql(`update stock_checkpoints set next_at = next_at - interval '61 minutes'`);
  async function checkpoint(): Promise<{ available: number; movement_id: number } | undefined> {
    const { rows } = await scenario.shop.pool.query<{ available: number; movement_id: number }>(
      'select available, movement_id from stock_checkpoints where sku = $1',
      [scenario.sku],
    );
    return rows[0];
  }

  it('are summed from the last checkpoint, which is an hour behind', async () => {
    await scenario.paid();
    await scenario.finds();
    assert.deepEqual(await checkpoint(), { available: 0, movement_id: 0 });
    await scenario.finds();
    assert.equal((await checkpoint())?.movement_id, 0);
    await hourLater();
    await scenario.paid();
    await scenario.finds();
    assert.equal((await checkpoint())?.available, 999);

    // The sum does not need the movements before the checkpoint any more; an audit of all time does.
    await scenario.sql(`delete from stock_movements where kind = 'received' or kind = 'adjusted'`);
    await scenario.finds();
    const { differences } = await scenario.audit(LONG_AGO);
    assert.deepEqual(
      differences.map(({ rule }) => rule),
      ['stock_sum'],
    );
  });

  it('are all summed before a level is reported, and a wrong checkpoint is dropped', async () => {
    await scenario.paid();
    await scenario.finds();
    await hourLater();
    await scenario.finds();
    await scenario.sql('update stock_checkpoints set available = available + 1');
    await scenario.finds();
    assert.equal(await checkpoint(), undefined);
    await scenario.sql('update stock_levels set available = available - 1 where sku = $1', [scenario.sku]);
    await scenario.finds('stock_sum');
  });
});
