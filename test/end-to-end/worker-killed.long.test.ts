import assert from 'node:assert/strict';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { assertChargedAsOrdered, assertStockAddsUp, mailsSent } from '../support/audit.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { lockRow } from '../support/row-lock.ts';
import { startSystem, type System } from '../support/system.ts';
import { waitForPendingActivity } from '../support/pending-activity.ts';

/** kill -9 of the process that has the API and all workers, in the middle of each step. */
describe('a killed worker', function () {
  this.timeout(120_000);
  let system: System;

  before(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '5000' });
  });
  after(() => system.stop());

  async function killWorker(): Promise<void> {
    await system.kill('app');
    await system.recovered();
  }

  async function endsPaidOnce({ orderId }: OrderView, sku: string): Promise<void> {
    const order = await system.shop.outcome(orderId);
    assert.equal(order.status, 'paid');
    await assertChargedAsOrdered(system, order);
    await assertStockAddsUp(system, sku, 5, [order]);
    await mailsSent(system, orderId, ['created', 'paid']);
    const sequences = (await system.shop.orderEvents(orderId)).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.map((_, n) => n + 1),
    );
  }

  it('in the middle of reserving: the order is reserved once and paid once', async () => {
    const sku = await system.shop.createItem(5);
    const sql = 'select from stock_levels where sku = $1 for update';
    const stockRow = await lockRow(system.databaseUrl(), sql, [sku]);
    try {
      const order = await system.shop.place({ lines: [line(sku, 2)] });
      await stockRow.isWaitedFor();
      await killWorker();
      await stockRow.release();
      await endsPaidOnce(order, sku);
    } finally {
      await stockRow.release();
    }
  });

  it('in the middle of charging: the money moves once', async () => {
    const sku = await system.shop.createItem(5);
    const order = await system.shop.place({ lines: [line(sku)], payment: { method: 'pm_sandbox_slow' } });
    await waitForPendingActivity(system, order.orderId);
    assert.deepEqual(await system.sandbox.chargesOf(order.orderId), [], 'the provider has not charged yet');
    await killWorker();
    await endsPaidOnce(order, sku);
  });

  it('after the charge and before it is recorded: the money moves once', async () => {
    const sku = await system.shop.createItem(5);
    const order = await system.shop.place({ lines: [line(sku)], payment: { method: 'pm_sandbox_slow' } });
    await system.shop.reaches(order.orderId, 'reserved');
    const sql = 'select from orders where order_id = $1 for update';
    const orderRow = await lockRow(system.databaseUrl(), sql, [order.orderId]);
    try {
      await orderRow.isWaitedFor();
      assert.equal((await system.sandbox.chargesOf(order.orderId)).length, 1);
      await killWorker();
      await orderRow.release();
      await endsPaidOnce(order, sku);
    } finally {
      await orderRow.release();
    }
  });

  it('while mails are sent: each is sent, under one Message-ID', async () => {
    const sku = await system.shop.createItem(5);
    await system.sandbox.post('/smtp', { mode: 'drop-after-data' });
    const order = await system.shop.place({ lines: [line(sku)] }, { wait: 30 });
    await waitUntilPasses(async () => {
      assert.notDeepEqual(await system.sandbox.mailsOf(order.orderId), []);
    });
    await system.kill('app');
    await system.sandbox.post('/smtp', { mode: 'accept' });
    await system.recovered();
    await endsPaidOnce(order, sku);
  });

  it('while a customer authenticates: the order goes on waiting, and is paid', async () => {
    const sku = await system.shop.createItem(5);
    const payment = { method: 'pm_card_authenticationRequired' };
    const order = await system.shop.place({ lines: [line(sku)], payment }, { wait: 30 });
    assert.equal(order.status, 'awaiting_customer');
    await system.kill('app');
    const path = `/payment_intents/${order.payment.paymentIntentId ?? ''}/authenticate`;
    await system.sandbox.post(path, { outcome: 'succeeded' }); // no process is there to receive the event
    await system.recovered();
    await endsPaidOnce(order, sku);
  });
});
