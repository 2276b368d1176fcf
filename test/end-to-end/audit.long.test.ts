import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

describe('checkout audit', function () {
  this.timeout(120_000);
  let system: System;
  let database: pg.Pool;

  before(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '300' });
    database = new pg.Pool({ connectionString: system.databaseUrl(), max: 2 });
  });
  after(async () => {
    await database.end();
    await system.stop();
  });

  /** Runs the command. Returns its exit status, the report, and what it printed for people. */
  async function audit(...args: string[]): Promise<{ status: number; report: AuditView; printed: string }> {
    const run = (more: string[]): Promise<{ status: number; stdout: string }> =>
      new Promise((resolve) => {
        const { urls, apiKey } = system.state();
        const given = ['audit', '--url', urls['api'] ?? '', '--api-key', apiKey, ...args, ...more];
        execFile(process.execPath, [cli, ...given], { maxBuffer: 1e8 }, (error, stdout) => {
          resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout });
        });
      });
    const forPeople = await run([]);
    const { status, stdout } = await run(['--json']);
    assert.equal(forPeople.status, status);
    return { status, report: JSON.parse(stdout) as AuditView, printed: forPeople.stdout };
  }

  const pay = (method: string, sku = 'item-001', wait = 30) =>
    system.shop.place({ lines: [line(sku)], payment: { method } }, { wait });

  it('finds no difference in orders of every kind, some of them not decided yet', async () => {
    const methods = [
      ...['pm_card_visa', 'pm_card_chargeDeclined', 'pm_sandbox_slow', 'pm_card_authenticationRequired'],
      ...['pm_sandbox_timeout_after_charge', 'pm_sandbox_error_once'],
    ];
    await Promise.all([
      ...methods.map((method) => pay(method)),
      pay('pm_sandbox_outage', 'item-002', 5),
      ...Array.from({ length: 5 }, () => pay('pm_card_visa', 'last-one')),
    ]);
    const [partly, wholly, cancelled] = await Promise.all([
      pay('pm_card_visa'),
      pay('pm_card_visa'),
      pay('pm_card_visa'),
    ]);
    const waiting = await pay('pm_card_authenticationRequired');
    await system.shop.refundOrder(partly.orderId, { amount: 100 }, randomUUID());
    await system.shop.refundOrder(wholly.orderId, {}, randomUUID());
    await system.shop.cancelOrder(cancelled.orderId);
    await system.shop.cancelOrder(waiting.orderId);

    const { status, report, printed } = await audit();

    assert.deepEqual(report.differences, []);
    assert.deepEqual([status, report.state, report.clean], [0, 'done', true]);
    assert.deepEqual([report.checked.orders, report.checked.refunds], [16, 3]);
    assert.match(printed, /no difference/);
  });

  it('exits with 1 and lists the differences', async () => {
    const order = await pay('pm_card_visa');
    const unsent = await pay('pm_card_visa');
    await waitUntilPasses(async () => {
      const { rowCount } = await database.query(
        'select from mails where order_id = any($1) and sent_at is not null',
        [[order, unsent].map(({ orderId }) => orderId)],
      );
      assert.equal(rowCount, 4, 'their mails are sent');
    });
    // PostgreSQL refuses this change, except in a transaction that an operator has marked as a repair.
    const orderId = pg.escapeLiteral(order.orderId);
    await database.query(
      `begin; set local checkout.repair = 'on'; update orders set status = 'expired' where order_id = ${orderId}; commit`,
    );
    await database.query(`delete from mails where order_id = $1 and kind = 'paid'`, [unsent.orderId]);

    const { status, report, printed } = await audit();

    assert.equal(status, 1);
    const found = (report.differences ?? []).map(({ rule, orderId }) => `${rule} ${orderId ?? ''}`).sort();
    assert.deepEqual(
      found,
      [
        `ended_with_money ${order.orderId}`,
        `events_status ${order.orderId}`,
        `mail_missing ${order.orderId}`,
        `mail_missing ${unsent.orderId}`,
        `reservation_state ${order.orderId}`,
      ].sort(),
    );
    for (const rule of ['ended_with_money', 'mail_missing']) assert.ok(printed.includes(rule), printed);
  });

  it('exits with 2 when it cannot reach the API', async () => {
    const status = await new Promise((resolve) => {
      execFile(process.execPath, [cli, 'audit', '--url', 'http://127.0.0.1:1'], (error) => {
        resolve(error?.code);
      });
    });
    assert.equal(status, 2);
  });
});
