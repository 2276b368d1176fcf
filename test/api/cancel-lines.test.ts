import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { newKey, sending } from '../support/api/requests.ts';

describe('cancellations and refunds by line over HTTP', function () {
  this.timeout(60_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const of = (line: number, quantity: number) => ({ line, quantity });
  async function placed(quantity: number): Promise<{ orderId: string; sku: string }> {
    const sku = await stage.shop.item(10, 500);
    const { orderId } = await shop.place({
      lines: [
        { sku, quantity },
        { sku: 'mug-01', quantity: 1 },
      ],
      shipping,
    });
    return { orderId, sku };
  }

  it('cancel pieces once for each key: their stock and their money go back, and the order goes on', async () => {
    const { orderId, sku } = await placed(3);
    const key = newKey();
    const answers = [
      await shop.cancelLines(orderId, [of(1, 2)], key),
      await shop.cancelLines(orderId, [of(1, 2)], key),
    ];
    for (const { status, order } of answers) {
      assert.deepEqual([status, order.status, order.lines[0]?.cancelled], [200, 'paid', 2]);
      assert.deepEqual([order.lines[0]?.refunded, order.lines[0]?.refundedAmount], [2, 1_000]);
    }
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_000);
    assert.deepEqual(await stage.shop.stock(sku), { available: 9, held: 0, sold: 1 });
    const reused = await shop.cancelLines(orderId, [of(1, 1)], key);
    assert.deepEqual([reused.status, reused.problem.code], [422, 'idempotency_key_reused']);
  });

  it('cancel the whole order when nothing else is left of it', async () => {
    const { orderId } = await placed(3);
    await shop.cancelLines(orderId, [of(2, 1)]);
    const key = newKey();
    for (const repeat of [1, 2]) {
      const { status, order } = await shop.cancelLines(orderId, [of(1, 3)], key);
      assert.deepEqual(
        [repeat, status, order.status, order.payment.refunded],
        [repeat, 200, 'cancelled', 2_700],
      );
    }
    assert.equal(stage.provider.paymentOf(orderId).refunded, 2_700);
  });

  it('refuse more than is left, lines that there are not, and a repeat that nobody could recognise', async () => {
    const { orderId } = await placed(3);
    const many = await shop.cancelLines(orderId, [of(1, 4)]);
    assert.deepEqual([many.status, many.problem.code], [409, 'quantity_exceeds_line']);
    assert.match(JSON.stringify(many.problem), /Left: 3 of line 1/);
    const twice = await shop.cancelLines(orderId, [of(1, 1), of(1, 1)]);
    assert.deepEqual(
      [twice.status, twice.problem.errors],
      [400, [{ field: 'lines[1].line', message: 'must name each line once' }]],
    );
    const nothing = await shop.cancelLines(orderId, [of(3, 1)]);
    assert.deepEqual([nothing.status, nothing.problem.errors?.[0]?.field], [400, 'lines[0].line']);
    const path = `/v1/orders/${orderId}/cancel`;
    const keyless = await stage.app.inject(sending('POST', path, { lines: [of(1, 1)] }));
    assert.deepEqual(
      [keyless.statusCode, keyless.json<{ code: string }>().code],
      [400, 'idempotency_key_required'],
    );
    assert.equal((await shop.order(orderId)).lines[0]?.cancelled, 0);
  });

  it('refund the money of pieces, and not together with an amount', async () => {
    const { orderId } = await placed(3);
    const { status, refund } = await shop.refund(orderId, { lines: [of(1, 2), of(2, 1)] });
    assert.deepEqual(
      [status, refund.amount, refund.kind, refund.lines],
      [
        200,
        2_200,
        'requested',
        [
          { ...of(1, 2), amount: 1_000 },
          { ...of(2, 1), amount: 1_200 },
        ],
      ],
    );
    const both = await shop.refund(orderId, { amount: 1, lines: [of(1, 1)] });
    assert.deepEqual([both.status, both.problem.errors?.[0]?.field], [400, 'lines']);
    const restocked = await shop.refund(orderId, { amount: 1, restock: true });
    assert.deepEqual([restocked.status, restocked.problem.errors?.[0]?.field], [400, 'restock']);
    const inTheShop = await shop.refund(orderId, { lines: [of(1, 1)], restock: true });
    assert.deepEqual([inTheShop.status, inTheShop.problem.code], [409, 'not_restockable']);
  });
});
