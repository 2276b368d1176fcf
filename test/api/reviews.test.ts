import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting } from '../support/api/requests.ts';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import type { ReviewPolicy } from '../../src/contracts/temporal/checkout.ts';

const REVIEW: ReviewPolicy = {
  above: { EUR: 2_000 },
  quantityAbove: 5,
  countries: ['CY'],
  deadlineMs: 600_000,
};
const SHIPPING = { name: 'Ada', line1: '1 High St', city: 'Nicosia', postalCode: '1010', country: 'CY' };

describe('the review of an order', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let impatient: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(await stage.another({}, { review: REVIEW }));
    impatient = orderCalls(await stage.another({}, { review: { ...REVIEW, deadlineMs: 1_000 } }));
  });
  after(() => stage.close());

  /** An order of two at 20.00 that waits for its review. */
  async function inReview(
    calls = shop,
    changes: Partial<OrderRequest> = {},
  ): Promise<OrderView & { sku: string }> {
    const sku = await stage.shop.item(2, 2_000);
    const order = await calls.place({ lines: [{ sku, quantity: 2 }], ...changes });
    assert.equal(order.status, 'in_review');
    return { ...order, sku };
  }

  it('is required above the limit: the stock is held, and nothing is charged', async () => {
    const { orderId, sku, review, payment } = await inReview();
    assert.ok(review);
    assert.deepEqual(review.reasons, ['total_above_limit']);
    assert.ok(Math.abs(Date.parse(review.deadline) - Date.now() - REVIEW.deadlineMs) < 30_000);
    assert.deepEqual([payment.status, payment.captured], ['none', 0]);
    assert.throws(() => stage.provider.paymentOf(orderId));
    assert.deepEqual(await stage.shop.stock(sku), { available: 0, held: 2, sold: 0 });
  });

  it('is not required at the limit, nor for an order in another currency', async () => {
    const atLimit = await stage.shop.item(1, 2_000);
    assert.equal((await shop.place({ lines: [{ sku: atLimit, quantity: 1 }] })).status, 'paid');
    const yen = await stage.shop.item(1, 90_000, 'JPY');
    assert.equal((await shop.place({ lines: [{ sku: yen, quantity: 1 }], currency: 'JPY' })).status, 'paid');
  });

  it('names every rule that requires it', async () => {
    const sku = await stage.shop.item(10, 1_000);
    const { status, review } = await shop.place({ lines: [{ sku, quantity: 6 }], shipping: SHIPPING });
    assert.equal(status, 'in_review');
    assert.deepEqual(review?.reasons, ['total_above_limit', 'quantity_above_limit', 'country_listed']);
  });

  it('that approves has the order charged; the same decision again is answered the same', async () => {
    const { orderId, sku } = await inReview();
    const first = await shop.review(orderId, { decision: 'approve', note: 'known customer' });
    assert.equal(first.status, 200);
    assert.deepEqual([first.order.review?.decision, first.order.review?.note], ['approve', 'known customer']);
    const paid = await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'paid');
    });
    assert.deepEqual([paid.payment.captured, paid.review?.decision], [4_000, 'approve']);
    assert.deepEqual(await stage.shop.stock(sku), { available: 0, held: 0, sold: 2 });
    const again = await shop.review(orderId, { decision: 'approve' });
    assert.deepEqual([again.status, again.order], [200, await shop.order(orderId)]);
    assert.deepEqual(
      (await shop.events(orderId)).map(({ name }) => name),
      ['placed', 'reserved', 'in_review', 'review_approved', 'paid'],
    );
  });

  it('that rejects ends the order, and the stock is released', async () => {
    const { orderId, sku } = await inReview();
    const { status, order } = await shop.review(orderId, { decision: 'reject', note: 'a fraud' });
    assert.equal(status, 200);
    assert.deepEqual(
      [order.status, order.reason, order.review?.decision, order.review?.note],
      ['rejected', 'review_rejected', 'reject', 'a fraud'],
    );
    assert.deepEqual(await stage.shop.stock(sku), { available: 2, held: 0, sold: 0 });
    assert.throws(() => stage.provider.paymentOf(orderId));
    assert.equal((await shop.review(orderId, { decision: 'reject' })).status, 200);
  });

  it('decided twice at once with the same decision is answered twice, and counts once', async () => {
    const { orderId } = await inReview();
    const approve = () => shop.review(orderId, { decision: 'approve' });
    const answers = await Promise.all([approve(), approve(), approve()]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    const events = await shop.events(orderId);
    assert.equal(events.filter(({ name }) => name === 'review_approved').length, 1);
  });

  it('is final: another decision afterwards is refused', async () => {
    const { orderId } = await inReview();
    await shop.review(orderId, { decision: 'reject' });
    const { status, problem } = await shop.review(orderId, { decision: 'approve' });
    assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'not_in_review', 'rejected']);
  });

  it('that is not made in time expires, and the stock is released', async () => {
    const { orderId, sku } = await inReview(impatient);
    const { reason } = await impatient.becomes(orderId, ({ status }) => {
      assert.equal(status, 'expired');
    });
    assert.equal(reason, 'review_expired');
    assert.deepEqual(await stage.shop.stock(sku), { available: 2, held: 0, sold: 0 });
    const { status, problem } = await impatient.review(orderId, { decision: 'approve' });
    assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'not_in_review', 'expired']);
  });

  it('is not needed for an order that is cancelled meanwhile', async () => {
    const { orderId, sku } = await inReview();
    const { status, order } = await shop.cancel(orderId, 'changed my mind');
    assert.deepEqual([status, order.status, order.reason], [200, 'cancelled', 'changed my mind']);
    assert.deepEqual(await stage.shop.stock(sku), { available: 2, held: 0, sold: 0 });
    assert.equal((await shop.review(orderId, { decision: 'approve' })).problem.code, 'not_in_review');
  });

  it('of an order that is not in review is refused', async () => {
    for (const method of ['pm_card_visa', 'pm_action', 'pm_declined']) {
      const { orderId, status: orderStatus } = await shop.place({ payment: { method } });
      const { status, problem } = await shop.review(orderId, { decision: 'approve' });
      assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'not_in_review', orderStatus]);
    }
  });

  it("of an unknown order, or of another client's order, is answered 404", async () => {
    const { orderId } = await inReview();
    const { status, problem } = await shop.review('ord_00000000000000000000000000000000', {
      decision: 'approve',
    });
    assert.deepEqual([status, problem.code], [404, 'order_not_found']);
    const foreign = { clientId: 'somebody-else', orderId, decision: 'approve' } as const;
    await assert.rejects(stage.orders.review(foreign), { code: 'order_not_found' });
    assert.equal((await shop.order(orderId)).status, 'in_review');
  });

  it('is found by its status', async () => {
    const { orderId } = await inReview();
    const answer = await stage.app.inject(getting('/v1/orders?status=in_review&limit=100'));
    const { data } = answer.json<{ data: OrderView[] }>();
    assert.ok(data.find((order) => order.orderId === orderId)?.review?.deadline);
  });
});
