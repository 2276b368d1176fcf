import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { newKey, sending } from '../support/api/requests.ts';
import { line } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('a refund', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  it('without an amount refunds all of it, and the order is refunded', async () => {
    const { orderId } = await shop.place();
    const { status, refund } = await shop.refund(orderId, { reason: 'broken' });
    assert.equal(status, 200);
    assert.deepEqual(
      [refund.orderId, refund.number, refund.amount, refund.status, refund.reason],
      [orderId, 1, 1_200, 'succeeded', 'broken'],
    );
    const { payment, refunds, ...order } = await shop.order(orderId);
    assert.deepEqual([order.status, order.partiallyRefunded], ['refunded', false]);
    assert.deepEqual([payment.status, payment.captured, payment.refunded], ['refunded', 1_200, 1_200]);
    assert.deepEqual(
      refunds.map(({ refundId }) => refundId),
      [refund.refundId],
    );
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
  });

  it('of an amount that the payment provider cannot move is refused by its field', async () => {
    const dinars = { title: 'Lamp', unitPrice: 5_120, currency: 'KWD', onHand: 10 };
    await stage.shop.catalogue.put('lamp', dinars);
    const { orderId } = await shop.place({ currency: 'KWD', lines: [line('lamp', 1)] });
    for (const amount of [1, 5_119]) {
      const { status, problem } = await shop.refund(orderId, { amount });
      assert.deepEqual(
        [status, problem.code, problem.errors?.[0]?.field],
        [400, 'amount_not_chargeable', 'amount'],
      );
    }
    assert.deepEqual((await shop.order(orderId)).refunds, []);
    assert.equal((await shop.refund(orderId, { amount: 10 })).status, 200);
  });

  it('of a part leaves the order paid and partially refunded; the last one makes it refunded', async () => {
    const { orderId } = await shop.place();
    assert.equal((await shop.refund(orderId, { amount: 500 })).status, 200);
    const partly = await shop.order(orderId);
    assert.deepEqual(
      [partly.status, partly.partiallyRefunded, partly.payment.status, partly.payment.refunded],
      ['paid', true, 'succeeded', 500],
    );
    const rest = await shop.refund(orderId);
    assert.deepEqual([rest.status, rest.refund.number, rest.refund.amount], [200, 2, 700]);
    const whole = await shop.order(orderId);
    assert.deepEqual([whole.status, whole.partiallyRefunded], ['refunded', false]);
    assert.deepEqual(
      (await shop.events(orderId)).map(({ name }) => name),
      [
        'placed',
        'reserved',
        'paid',
        'refund_requested',
        'partially_refunded',
        'refund_requested',
        'refunded',
      ],
    );
  });

  it('does not change the stock', async () => {
    const sku = await stage.shop.item(3);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 2 }] });
    await shop.refund(orderId);
    assert.deepEqual(await stage.shop.stock(sku), { available: 1, held: 0, sold: 2 });
  });

  it('sends the customer a mail of its own', async () => {
    const { orderId } = await shop.place();
    await shop.refund(orderId, { amount: 100 });
    await shop.refund(orderId, { amount: 200 });
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), ['created', 'paid', 'refunded', 'refunded']);
    });
  });

  it('of a tenth, requested twenty times at once, never exceeds what was captured', async () => {
    const { orderId } = await shop.place();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => shop.refund(orderId, { amount: 120 })),
    );
    const done = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 409);
    assert.deepEqual([done.length, refused.length], [10, 10]);
    // The last requests may have arrived after the whole amount was refunded.
    for (const { problem } of refused)
      assert.match(problem.code, /^(refund_exceeds_captured|not_refundable)$/);
    const order = await shop.order(orderId);
    assert.deepEqual([order.status, order.payment.refunded], ['refunded', 1_200]);
    assert.deepEqual(
      order.refunds.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
  }).timeout(120_000);

  it('requested twice with one key is one refund, also at once', async () => {
    const { orderId } = await shop.place();
    const key = newKey();
    const ask = () => shop.refund(orderId, { amount: 300 }, key);
    const answers = [...(await Promise.all([ask(), ask()])), await ask()];
    for (const { status, refund } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(refund, answers[0]?.refund);
    }
    assert.equal((await shop.order(orderId)).payment.refunded, 300);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 300);
  });

  it('with a key that was used with another body is refused', async () => {
    const { orderId } = await shop.place();
    const key = newKey();
    await shop.refund(orderId, { amount: 300 }, key);
    const { status, problem } = await shop.refund(orderId, { amount: 301 }, key);
    assert.deepEqual([status, problem.code], [422, 'idempotency_key_reused']);
    assert.equal((await shop.order(orderId)).payment.refunded, 300);
  });

  it('of more than was captured is refused, and the problem shows what is left', async () => {
    const { orderId } = await shop.place();
    await shop.refund(orderId, { amount: 1_000 });
    const { status, problem } = await shop.refund(orderId, { amount: 201 });
    assert.deepEqual([status, problem.code, problem.left], [409, 'refund_exceeds_captured', 200]);
    assert.deepEqual(problem.errors, [{ field: 'amount', message: 'must be at most 200' }]);
    assert.equal((await shop.refund(orderId, { amount: 200 })).status, 200);
  });

  for (const [name, method] of [
    ['waits for its customer', 'pm_action'],
    ['was declined', 'pm_declined'],
  ] as const) {
    it(`of an order that ${name} is refused`, async () => {
      const { orderId, status: orderStatus } = await shop.place({ payment: { method } });
      const { status, problem } = await shop.refund(orderId);
      assert.deepEqual([status, problem.code, problem.left], [409, 'not_refundable', 0]);
      assert.equal(problem.orderStatus, orderStatus);
    });
  }

  it('of an order that is refunded or cancelled is refused', async () => {
    const [refunded, cancelled] = await Promise.all([shop.place(), shop.place()]);
    await shop.refund(refunded.orderId);
    await shop.cancel(cancelled.orderId);
    for (const { orderId } of [refunded, cancelled]) {
      const { status, problem } = await shop.refund(orderId);
      assert.deepEqual([status, problem.code], [409, 'not_refundable']);
    }
  });

  it("of an unknown order, or of another client's order, is answered 404", async () => {
    const { orderId } = await shop.place();
    const { status, problem } = await shop.refund('ord_00000000000000000000000000000000');
    assert.deepEqual([status, problem.code], [404, 'order_not_found']);
    await assert.rejects(
      stage.orders.refund({ clientId: 'somebody-else', orderId, key: newKey(), request: {} }),
      { code: 'order_not_found' },
    );
    assert.equal((await shop.order(orderId)).payment.refunded, 0);
  });

  it('needs an Idempotency-Key, and an amount that is a whole number from 1', async () => {
    const { orderId } = await shop.place();
    const path = `/v1/orders/${orderId}/refunds`;
    const without = await stage.app.inject(sending('POST', path, {}));
    assert.deepEqual(
      [without.statusCode, without.json<{ code: string }>().code],
      [400, 'idempotency_key_required'],
    );
    for (const amount of [0, -1, 1.5]) assert.equal((await shop.refund(orderId, { amount })).status, 400);
  });
});
