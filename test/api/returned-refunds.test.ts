import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { problemOf } from '../support/api/requests.ts';
import { delivering } from '../support/api/stripe-events.ts';

describe("a refund that the customer's bank sends back", () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  /** Delivers an event of Stripe about a refund, with these members of the refund. */
  async function deliver(
    type: string,
    refund: object,
  ): Promise<{ status: number; code: string | undefined }> {
    const object = { id: 're_1', object: 'refund', status: 'failed', ...refund };
    const answer = await stage.app.inject(
      delivering(JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } })),
    );
    return { status: answer.statusCode, code: problemOf(answer).code };
  }

  const refundOf = (orderId: string, metadata: Record<string, string> = {}): object => ({
    payment_intent: `pi_${orderId}`,
    metadata: { order_id: orderId, ...metadata },
  });

  it('waits for an operator, once for all events of Stripe', async () => {
    const { orderId } = await shop.place();
    const { refund } = await shop.refund(orderId, { amount: 500 });
    const returned = refundOf(orderId, { refund_id: refund.refundId });
    for (const type of ['refund.updated', 'refund.failed'])
      assert.equal((await deliver(type, returned)).status, 200);
    const { attention } = await shop.becomes(orderId, (order) => {
      assert.equal(order.attention?.step, 'refundPayment');
    });
    assert.match(attention?.reason ?? '', /^RefundReturned: /);
    assert.equal((await shop.resolveAttention(orderId, { action: 'resolve' })).status, 200);
    const { payment } = await shop.becomes(orderId, (order) => {
      assert.equal(order.attention, null);
    });
    assert.equal(payment.refunded, 500);
    assert.equal((await deliver('refund.failed', returned)).status, 200);
    assert.equal((await shop.order(orderId)).attention, null);
  });

  it('is the whole payment where the event names no refund of the order', async () => {
    const { orderId } = await shop.place();
    await shop.refund(orderId);
    assert.equal((await deliver('refund.failed', { ...refundOf(orderId), id: 're_2' })).status, 200);
    await shop.becomes(orderId, (order) => {
      assert.equal(order.attention?.step, 'refundPayment');
    });
  });

  it('is accepted and counted if its order is not known here', async () => {
    const before = stage.orders.unknownPaymentEvents();
    assert.equal((await deliver('refund.failed', refundOf(`ord_${'0'.repeat(32)}`))).status, 200);
    assert.equal(stage.orders.unknownPaymentEvents(), before + 1);
  });

  it('is ignored if it belongs to another system, has not failed, or has no payment', async () => {
    const { orderId } = await shop.place();
    for (const refund of [
      refundOf('their-order'),
      { ...refundOf(orderId), status: 'succeeded' },
      { ...refundOf(orderId), payment_intent: null },
    ])
      assert.equal((await deliver('refund.failed', refund)).status, 200);
    assert.equal((await shop.order(orderId)).attention, null);
  });
});
