import assert from 'node:assert/strict';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { ApiError } from '../../harness/api/errors.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

describe('a dispute, from the provider to the order', function () {
  this.timeout(180_000);
  let system: System;
  let sku: string;

  before(async () => {
    system = await startSystem();
    sku = await system.shop.createItem(100);
  });
  after(() => system.stop());

  async function paid(method = 'pm_card_visa'): Promise<OrderView> {
    const { orderId } = await system.shop.place({ lines: [line(sku)], payment: { method } });
    return system.shop.outcome(orderId);
  }
  const becomes = (orderId: string, check: (order: OrderView) => void): Promise<OrderView> =>
    waitUntilPasses(async () => {
      const order = await system.shop.getOrder(orderId);
      check(order);
      return order;
    }, 30_000);
  const intentOf = ({ payment }: OrderView): string => payment.paymentIntentId ?? '';
  const open = (order: OrderView): Promise<unknown> =>
    system.sandbox.post(`/payment_intents/${intentOf(order)}/dispute`);
  const move = (disputeId: string, name: string): Promise<unknown> =>
    system.sandbox.post(`/disputes/${disputeId}/${name}`);
  const disputesOf = async (orderId: string): Promise<string[]> =>
    (await system.shop.orderEvents(orderId))
      .map(({ type }) => /\.(dispute_\w+|attention_\w+)\.v1$/.exec(type)?.[1] ?? '')
      .filter((name) => name !== '');

  it("reaches the order of a test card that is disputed at once, and Stripe's refusal of refunds is ours too", async () => {
    const { orderId } = await paid('pm_card_createDispute');
    const order = await becomes(orderId, ({ disputes, attention }) => {
      assert.deepEqual([disputes[0]?.status, attention?.step], ['needs_response', 'respondToDispute']);
    });
    assert.equal(order.payment.disputed, order.total);
    await assert.rejects(
      system.shop.refundOrder(orderId, {}, 'refused'),
      (error) => error instanceof ApiError && error.status === 409,
    );
    const { data } = await system.shop.listDisputes({ status: 'needs_response' });
    assert.ok(data.some((dispute) => dispute.orderId === orderId));
  });

  it('is recorded once and as it is, though its events come twice, in reverse and late', async () => {
    const order = await paid();
    await open(order);
    const { disputes } = await becomes(order.orderId, (now) => {
      assert.equal(now.disputes.length, 1);
    });
    const disputeId = disputes[0]?.disputeId ?? '';
    await move(disputeId, 'submit');
    await move(disputeId, 'win');
    await becomes(order.orderId, (now) => {
      assert.deepEqual([now.disputes[0]?.outcome, now.payment.disputed, now.attention], ['won', 0, null]);
    });
    const before = await disputesOf(order.orderId);
    for (const reverse of [true, false])
      await system.sandbox.post('/webhooks/resend', { paymentIntentId: intentOf(order), times: 2, reverse });
    assert.equal((await system.shop.refundOrder(order.orderId, { amount: 100 }, 'after-won')).amount, 100);
    const now = await system.shop.getOrder(order.orderId);
    assert.deepEqual([now.disputes[0]?.outcome, now.attention], ['won', null]);
    assert.deepEqual(await disputesOf(order.orderId), before);
    assert.deepEqual(before[0], 'dispute_created');
  });

  it('takes the money when it is lost: the order is cancelled without a second refund, and the audit finds nothing', async () => {
    const order = await paid();
    await open(order);
    const { disputes } = await becomes(order.orderId, (now) => {
      assert.equal(now.disputes.length, 1);
    });
    await move(disputes[0]?.disputeId ?? '', 'lose');
    await becomes(order.orderId, (now) => {
      assert.equal(now.disputes[0]?.outcome, 'lost');
    });
    const cancelled = await system.shop.cancelOrder(order.orderId);
    const { payment } = cancelled;
    assert.deepEqual(
      [cancelled.status, payment.captured - payment.refunded - payment.disputed],
      ['cancelled', 0],
    );
    const refunds = await system.sandbox.stripe.refunds.list({ payment_intent: intentOf(order) });
    assert.equal(refunds.data.length, 0);
    assert.deepEqual(await system.shop.audit(), []);
  });
});
