import assert from 'node:assert/strict';
import { eventsOf, reservedOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('reviews in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const wait = (orderId: string) =>
    shop.ledger.recordReview([
      {
        orderId,
        event: 'in_review',
        status: 'in_review',
        reasons: ['total_above_limit'],
        deadlineMs: 3_600_000,
      },
    ]);
  const approve = (orderId: string, note = 'known customer') =>
    shop.ledger.recordReview([
      { orderId, event: 'review_approved', status: 'reserved', decision: 'approve', note },
    ]);
  const reject = (orderId: string) =>
    shop.ledger.recordReview([
      { orderId, event: 'review_rejected', status: 'in_review', decision: 'reject' },
    ]);

  it('write one event that an order waits for review, why, and until when', async () => {
    const { orderId, sku } = await reservedOrder(shop);
    await wait(orderId);
    const { review, status } = await viewOf(shop, orderId);
    await wait(orderId);
    assert.equal(status, 'in_review');
    assert.deepEqual(review?.reasons, ['total_above_limit']);
    const left = Date.parse(review.deadline) - Date.now();
    assert.ok(left > 3_500_000 && left <= 3_601_000);
    assert.deepEqual((await viewOf(shop, orderId)).review, review);
    assert.deepEqual(await eventsOf(shop, orderId), ['placed', 'reserved', 'in_review']);
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 1, sold: 0 });
  });

  it('write one event for the decision, and keep the first decision', async () => {
    const { orderId } = await reservedOrder(shop);
    await wait(orderId);
    await Promise.all([approve(orderId), approve(orderId)]);
    await reject(orderId);
    const { review, status } = await viewOf(shop, orderId);
    assert.deepEqual([status, review?.decision, review?.note], ['reserved', 'approve', 'known customer']);
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['in_review', 'review_approved']);
  });

  it('keep a rejected order in review, until it has ended and its stock is released', async () => {
    const { order, orderId, sku } = await reservedOrder(shop);
    await wait(orderId);
    await reject(orderId);
    assert.equal((await viewOf(shop, orderId)).status, 'in_review');
    await shop.ledger.releaseStock([{ orderId, order, status: 'rejected', reason: 'review_rejected' }]);
    await approve(orderId);
    const { review, status, reason } = await viewOf(shop, orderId);
    assert.deepEqual([status, reason, review?.decision], ['rejected', 'review_rejected', 'reject']);
    assert.deepEqual(await shop.stock(sku), { available: 10, held: 0, sold: 0 });
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['review_rejected', 'rejected']);
  });

  it('leave an ended order unchanged', async () => {
    const { order, orderId } = await reservedOrder(shop);
    await shop.ledger.releaseStock([{ orderId, order, status: 'cancelled', reason: 'cancelled' }]);
    await wait(orderId);
    await approve(orderId);
    const { status, review } = await viewOf(shop, orderId);
    assert.deepEqual([status, review], ['cancelled', undefined]);
  });

  it('keep the note of the reviewer out of what leaves with their events', async () => {
    const { orderId } = await reservedOrder(shop);
    await wait(orderId);
    await approve(orderId, 'call Ada');
    assert.equal((await viewOf(shop, orderId)).review?.note, 'call Ada');
    const events = await shop.reader.events(orderId);
    assert.equal(events.at(-1)?.reason, 'call Ada');
    assert.doesNotMatch(JSON.stringify(events.map(({ data }) => data)), /Ada/);
  });
});
