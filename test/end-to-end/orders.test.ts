import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { isAlive } from '../../dev/processes/process-table.ts';
import { assertChargedAsOrdered, assertStockAddsUp } from '../support/audit.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

describe('the whole system', function () {
  this.timeout(90_000);
  let system: System;

  before(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '300' });
  });
  after(() => system.stop());

  const pay = (method: string, sku = 'item-001') =>
    system.shop.place({ lines: [line(sku)], payment: { method } }, { wait: 30 });

  /** Waits until exactly these mails of the order are sent, and the mail server has them. */
  const mailsSent = (orderId: string, kinds: string[]) =>
    waitUntilPasses(async () => {
      const mails = await system.shop.mails(orderId);
      assert.deepEqual(mails.map(({ kind }) => kind).sort(), kinds);
      assert.ok(mails.every(({ status }) => status === 'sent'));
      const received = await system.sandbox.mailsOf(orderId);
      assert.deepEqual(
        received.map(({ messageId }) => messageId).sort(),
        mails.map(({ messageId }) => messageId).sort(),
      );
    });

  async function assertPaidOnce({ orderId, status, total }: OrderView): Promise<void> {
    assert.equal(status, 'paid');
    const charges = await system.sandbox.chargesOf(orderId);
    assert.deepEqual(
      charges.map((charge) => charge.amount_received),
      [total],
    );
  }

  it('the printed curl line places and pays an order when it is pasted into a shell', async () => {
    const printed = system
      .output()
      .split('\n')
      .find((each) => each.startsWith('curl '));
    assert.ok(printed, system.output());
    const { stdout } = await promisify(execFile)('sh', ['-c', printed]);
    const order = JSON.parse(stdout) as OrderView;
    assert.equal(order.total, 2_400);
    await assertPaidOnce(order);
  });

  it('an order with an address is sent from the demo warehouse, and each step has its mail', async () => {
    const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
    const { orderId } = await system.shop.place(
      { lines: [line('item-002')], payment: { method: 'pm_card_visa' }, shipping },
      { wait: 30 },
    );
    const parcel = await waitUntilPasses(async () => {
      const [shipment] = await system.shop.shipmentsOf(orderId);
      assert.equal(shipment?.status, 'label_bought');
      return shipment;
    }, 60_000);
    for (const status of ['in_transit', 'delivered'])
      await system.sandbox.post(`/parcels/${parcel.trackingCode ?? ''}/report`, { status });
    await system.shop.reaches(orderId, 'delivered');
    await mailsSent(orderId, ['created', 'delivered', 'paid', 'shipped']);
  });

  it('a paid order has its events in order, its stock sold, and one mail each: created, paid', async () => {
    const sku = await system.shop.createItem(3);
    const order = await pay('pm_card_visa', sku);
    await assertPaidOnce(order);
    await mailsSent(order.orderId, ['created', 'paid']);
    const events = await system.shop.orderEvents(order.orderId);
    assert.deepEqual(
      events.map(({ sequence, type }) => [sequence, type]),
      ['placed', 'reserved', 'paid'].map((name, n) => [n + 1, `com.durable-checkout.order.${name}.v1`]),
    );
    const { available, held, sold } = await system.shop.getStock(sku);
    assert.deepEqual({ available, held, sold }, { available: 2, held: 0, sold: 1 });
  });

  it('when twenty customers buy the last item, one gets it and nineteen get out_of_stock', async () => {
    const orders = await Promise.all(
      Array.from({ length: 20 }, () => system.shop.place({ lines: [line('last-one')] }, { wait: 30 })),
    );
    const count = (status: string) => orders.filter((order) => order.status === status).length;
    assert.deepEqual([count('paid'), count('out_of_stock')], [1, 19]);
    const { available, held, sold } = await system.shop.getStock('last-one');
    assert.deepEqual({ available, held, sold }, { available: 0, held: 0, sold: 1 });
    const charged = await Promise.all(orders.map(({ orderId }) => system.sandbox.chargesOf(orderId)));
    assert.equal(charged.flat().length, 1);
    for (const { orderId } of orders.filter(({ status }) => status === 'out_of_stock'))
      await mailsSent(orderId, ['out_of_stock']);
  });

  for (const [method, reason] of [
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
  ] as const) {
    it(`a decline (${reason}) gives the stock back, takes no money and sends exactly one mail`, async () => {
      const sku = await system.shop.createItem(2);
      const order = await pay(method, sku);
      assert.deepEqual([order.status, order.reason], ['payment_failed', reason]);
      const { available, held, sold } = await system.shop.getStock(sku);
      assert.deepEqual({ available, held, sold }, { available: 2, held: 0, sold: 0 });
      assert.deepEqual(await system.sandbox.chargesOf(order.orderId), []);
      await mailsSent(order.orderId, ['payment_failed']);
    });
  }

  for (const method of ['pm_sandbox_timeout_after_charge', 'pm_sandbox_error_once', 'pm_sandbox_slow']) {
    it(`${method} ends paid, by exactly one charge`, async () => {
      const order = await pay(method);
      await assertPaidOnce(order);
      await mailsSent(order.orderId, ['created', 'paid']);
    });
  }

  for (const [outcome, end] of [
    ['succeeded', 'paid'],
    ['failed', 'payment_failed'],
  ] as const) {
    it(`an order waits for its customer to authenticate; when that has ${outcome}, the order is ${end}`, async () => {
      const waiting = await pay('pm_card_authenticationRequired');
      assert.equal(waiting.status, 'awaiting_customer');
      await mailsSent(waiting.orderId, ['created']);
      const { paymentIntentId = '' } = waiting.payment;
      await system.sandbox.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
      const order = await system.shop.reaches(waiting.orderId, end);
      assert.equal((await system.sandbox.chargesOf(order.orderId)).length, end === 'paid' ? 1 : 0);
      await mailsSent(order.orderId, ['created', end]);
    });
  }

  it('the same key fifty times at once is one order, one charge and one of each mail', async () => {
    const sku = await system.shop.createItem(100);
    const key = randomUUID();
    const orders = await Promise.all(
      Array.from({ length: 50 }, () => system.shop.place({ lines: [line(sku)] }, { key, wait: 30 })),
    );
    assert.equal(new Set(orders.map(({ orderId }) => orderId)).size, 1);
    for (const { status } of orders) assert.equal(status, 'paid', 'each waited for the outcome');
    const [first] = orders;
    assert.ok(first);
    await assertPaidOnce(first);
    await mailsSent(first.orderId, ['created', 'paid']);
    assert.equal((await system.shop.getStock(sku)).sold, 1);
  });

  it('kill -9 of the application loses no order that it has accepted, and none that is placed again with its key', async () => {
    const sku = await system.shop.createItem(100);
    const keys = Array.from({ length: 20 }, () => randomUUID());
    const lines = [line(sku)];
    const first = keys.map((key) => system.shop.place({ lines }, { key }));
    await Promise.any(first);
    await system.kill('app');
    const before = await Promise.allSettled(first);
    await system.recovered();

    const orders = await Promise.all(
      keys.map((key) => waitUntilPasses(() => system.shop.place({ lines }, { key, wait: 30 }))),
    );
    for (const [n, attempt] of before.entries())
      if (attempt.status === 'fulfilled')
        assert.equal(attempt.value.orderId, orders[n]?.orderId, 'acknowledged, so kept');
    const ended = await Promise.all(orders.map(({ orderId }) => system.shop.outcome(orderId)));
    assert.ok(ended.every(({ status }) => status === 'paid'));
    for (const order of ended) await assertChargedAsOrdered(system, order);
    await assertStockAddsUp(system, sku, 100, ended);
  });

  it('Ctrl-C stops everything within 10 s and leaves no process', async () => {
    const own = await startSystem();
    const { pid, children } = own.state();
    const began = performance.now();
    try {
      assert.equal(await own.interrupt(), 0);
      assert.ok(performance.now() - began < 10_000);
      const left = [pid, ...children.map((child) => child.pid)].filter(isAlive);
      assert.deepEqual(left, []);
    } finally {
      await own.stop();
    }
  });
});
