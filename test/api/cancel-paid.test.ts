import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('a cancel of an order that is paid', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  it('refunds the payment and releases the stock, and the order shows both', async () => {
    const sku = await stage.shop.item(3, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 2 }] });
    const { status, order } = await shop.cancel(orderId, 'changed my mind');
    assert.equal(status, 200);
    assert.deepEqual(
      [order.status, order.reason, order.reservations[0]?.state],
      ['cancelled', 'changed my mind', 'released'],
    );
    assert.deepEqual(
      [order.payment.status, order.payment.captured, order.payment.refunded, order.partiallyRefunded],
      ['refunded', 1_000, 1_000, false],
    );
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_000);
    assert.deepEqual(await stage.shop.stock(sku), { available: 3, held: 0, sold: 0 });
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), ['cancelled', 'created', 'paid']);
    });
  });

  it('requested twice, also at once, answers the same and refunds once', async () => {
    const sku = await stage.shop.item(3, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 1 }] });
    const answers = await Promise.all([shop.cancel(orderId, 'first'), shop.cancel(orderId, 'first')]);
    for (const { status, order } of [...answers, await shop.cancel(orderId, 'later')]) {
      assert.deepEqual([status, order.status, order.reason], [200, 'cancelled', 'first']);
      assert.equal(order.payment.refunded, 500);
    }
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
    assert.deepEqual(await stage.shop.stock(sku), { available: 3, held: 0, sold: 0 });
    const events = (await shop.events(orderId)).map(({ name }) => name);
    assert.deepEqual(events, ['placed', 'reserved', 'paid', 'cancelled']);
  });

  it('is too late when a part of the order was handed over', async () => {
    const sku = await stage.shop.item(3, 500);
    const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 2 }], shipping });
    await stage.shop.pool.query(
      `with line as (
         insert into order_lines (order_id, line, sku, quantity, amount, shipped) values ($1, 1, $2, 2, 1000, 1))
       select ship_reserved(jsonb_build_array(jsonb_build_object('orderId', $1, 'sku', $2, 'location', 'default', 'quantity', 1)))`,
      [orderId, sku],
    );
    const { status, problem } = await shop.cancel(orderId);
    assert.deepEqual([status, problem.code], [409, 'too_late']);
    assert.match(String(problem.detail), /a part of it was handed over/);
  });

  it('after a partial refund refunds the rest', async () => {
    const { orderId } = await shop.place();
    await shop.refund(orderId, { amount: 500 });
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, order.status, order.payment.refunded], [200, 'cancelled', 1_200]);
    assert.deepEqual(
      order.refunds.map(({ amount }) => amount),
      [500, 700],
    );
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
  });

  it('while a refund is pending goes on after that refund has ended', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    assert.equal((await shop.refund(orderId, { amount: 500 })).status, 202);
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, order.status], [202, 'paid']);
    stage.provider.heal(orderId);
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry' })).status, 200);
    const cancelled = await shop.becomes(orderId, (now) => {
      assert.equal(now.status, 'cancelled');
    });
    assert.deepEqual([cancelled.payment.refunded, cancelled.attention], [1_200, null]);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
  }).timeout(90_000);

  it('whose refund fails waits for an operator, and blocks every other operation on the order', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, order.status, order.attention?.step], [202, 'paid', 'refundPayment']);
    assert.equal((await shop.refund(orderId, { amount: 1 })).problem.code, 'not_refundable');
    stage.provider.heal(orderId);
    await shop.resolveAttention(orderId, { action: 'retry' });
    await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.status, now.payment.refunded, now.attention], ['cancelled', 1_200, null]);
    });
  }).timeout(60_000);

  it('that waits for an operator ends when the operator has refunded it by other means', async () => {
    const sku = await stage.shop.item(1, 500);
    const method = 'pm_refund_refused';
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 1 }], payment: { method } });
    await shop.cancel(orderId);
    await shop.resolveAttention(orderId, { action: 'resolve', note: 'by bank transfer' });
    const cancelled = await shop.becomes(orderId, (now) => {
      assert.equal(now.status, 'cancelled');
    });
    assert.deepEqual(
      [cancelled.refunds[0]?.status, cancelled.payment.refunded, stage.provider.paymentOf(orderId).refunded],
      ['resolved', 500, 0],
    );
    assert.deepEqual(await stage.shop.stock(sku), { available: 1, held: 0, sold: 0 });
  }).timeout(60_000);

  it('of a refunded order is too late', async () => {
    const { orderId } = await shop.place();
    await shop.refund(orderId);
    const { status, problem } = await shop.cancel(orderId);
    assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'too_late', 'refunded']);
  });
});
