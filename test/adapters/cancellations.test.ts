import assert from 'node:assert/strict';
import type { CancellationResult, CancellationSettlement } from '../../src/contracts/temporal/operations.ts';
import { authorizedOrder, eventsOf, paidOrder, reservedOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const requestHash = 'a'.repeat(64);
const reason = 'changed my mind';

describe('cancellations in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  async function begin(orderId: string): Promise<CancellationResult> {
    const [answer] = await shop.ledger.beginCancellation([{ orderId, reason }]);
    assert(answer);
    return answer;
  }
  const finish = (orderId: string, end: Partial<CancellationSettlement> = {}) =>
    shop.ledger.finishCancellation([{ orderId, reason, ...end }]);
  const refundOf = (orderId: string, amount = 400) => ({
    refundId: `${orderId}/refunds/1`,
    orderId,
    amount,
    requestHash,
  });
  const captureOf = (orderId: string, amount = 400) => ({
    captureId: `${orderId}/captures/1`,
    orderId,
    amount,
    requestHash,
  });

  it('refund the money and release the stock once', async () => {
    const { orderId, paymentIntentId, sku } = await paidOrder(shop);
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 0, sold: 1 });
    const refund = { refundId: `${orderId}/cancellation`, amount: 1_000 };
    const money = { paymentIntentId, captured: 1_000, capturable: 0, refund };
    const begun = { orderId, outcome: 'begun', orderStatus: 'paid', ...money };
    assert.deepEqual(await begin(orderId), begun);
    assert.deepEqual(await begin(orderId), begun);
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 0, sold: 1 });

    await Promise.all([1, 2, 3].map(() => finish(orderId, { refund: 'succeeded' })));
    assert.deepEqual(await shop.stock(sku), { available: 10, held: 0, sold: 0 });
    const { status, payment, refunds, reservations } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.status, payment.refunded], ['cancelled', 'refunded', 1_000]);
    assert.deepEqual(
      refunds.map((each) => each.status),
      ['succeeded'],
    );
    assert.deepEqual(
      reservations.map(({ state }) => state),
      ['released'],
    );
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['paid', 'cancelled']);
    assert.equal((await begin(orderId)).outcome, 'done');
  });

  it('release an authorisation', async () => {
    const { orderId, paymentIntentId, sku } = await authorizedOrder(shop);
    const { outcome, capturable, refund, paymentIntentId: held } = await begin(orderId);
    assert.deepEqual([outcome, capturable, refund, held], ['begun', 1_000, undefined, paymentIntentId]);
    await finish(orderId, { released: true });
    const { payment } = await viewOf(shop, orderId);
    assert.deepEqual([payment.status, payment.capturable], ['cancelled', 0]);
    assert.deepEqual(await shop.stock(sku), { available: 10, held: 0, sold: 0 });
  });

  it('release the rest of an authorisation and refund what was captured of it', async () => {
    const { orderId } = await authorizedOrder(shop);
    await shop.ledger.beginCapture([captureOf(orderId)]);
    const payment = { attempt: 1, captured: 400, capturable: 600 };
    await shop.ledger.finishCapture([{ ...captureOf(orderId), status: 'succeeded', payment }]);
    const { capturable, refund } = await begin(orderId);
    assert.deepEqual([capturable, refund?.amount], [600, 400]);
    await finish(orderId, { released: true, refund: 'succeeded' });
    const { payment: ended } = await viewOf(shop, orderId);
    assert.deepEqual(
      [ended.status, ended.captured, ended.refunded, ended.capturable],
      ['refunded', 400, 400, 0],
    );
  });

  it('refund only what other refunds have left', async () => {
    const { orderId } = await paidOrder(shop);
    await shop.ledger.beginRefund([refundOf(orderId, 300)]);
    await shop.ledger.finishRefund([{ ...refundOf(orderId), status: 'succeeded' }]);
    assert.equal((await begin(orderId)).refund?.amount, 700);
    await finish(orderId, { refund: 'succeeded' });
    assert.equal((await viewOf(shop, orderId)).payment.refunded, 1_000);
  });

  it('wait for a refund or capture that is not settled', async () => {
    const { orderId } = await paidOrder(shop);
    await shop.ledger.beginRefund([refundOf(orderId)]);
    assert.equal((await begin(orderId)).outcome, 'busy');
    await shop.ledger.finishRefund([{ ...refundOf(orderId), status: 'skipped' }]);
    assert.equal((await begin(orderId)).refund?.amount, 1_000);

    const { orderId: held } = await authorizedOrder(shop);
    await shop.ledger.beginCapture([captureOf(held)]);
    assert.equal((await begin(held)).outcome, 'busy');
  });

  it('refuse refunds and captures as soon as they have begun', async () => {
    const { orderId } = await paidOrder(shop);
    await begin(orderId);
    const [refund] = await shop.ledger.beginRefund([refundOf(orderId)]);
    assert.ok(refund?.outcome === 'refused' && refund.code === 'not_refundable');
    const { orderId: held } = await authorizedOrder(shop);
    await begin(held);
    const [capture] = await shop.ledger.beginCapture([captureOf(held)]);
    assert.ok(capture?.outcome === 'refused' && capture.code === 'not_capturable');
  });

  it('run concurrently with refunds: one of them waits or is refused, and no money is refunded twice', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, () => paidOrder(shop)));
    for (const { orderId } of orders) {
      const [cancelling, [refund]] = await Promise.all([
        begin(orderId),
        shop.ledger.beginRefund([refundOf(orderId)]),
      ]);
      assert.equal(cancelling.outcome === 'busy', refund?.outcome === 'booked');
      assert.equal(cancelling.outcome === 'begun', refund?.outcome === 'refused');
    }
  });

  it('run concurrently with captures: no money is both captured and released', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, () => authorizedOrder(shop)));
    for (const { orderId } of orders) {
      const [cancelling, [capture]] = await Promise.all([
        begin(orderId),
        shop.ledger.beginCapture([captureOf(orderId)]),
      ]);
      assert.equal(cancelling.outcome === 'busy', capture?.outcome === 'booked');
      assert.equal(cancelling.outcome === 'begun', capture?.outcome === 'refused');
    }
  });

  it('refuse an order that is not paid, and an unknown order', async () => {
    const { orderId } = await reservedOrder(shop);
    const { outcome, orderStatus } = await begin(orderId);
    assert.deepEqual([outcome, orderStatus], ['refused', 'reserved']);
    assert.equal((await begin('ord_none')).outcome, 'refused');
    await finish(orderId);
    assert.equal((await viewOf(shop, orderId)).status, 'reserved');
  });

  it('do not end an order whose cancellation has not begun', async () => {
    const { orderId, sku } = await paidOrder(shop);
    await finish(orderId, { refund: 'succeeded' });
    assert.equal((await viewOf(shop, orderId)).status, 'paid');
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 0, sold: 1 });
  });

  for (const [settled, refunded, byHand] of [
    ['skipped', 0, 'skip'],
    ['resolved', 1_000, 'resolve'],
  ] as const) {
    it(`record a refund that an operator has ${settled}`, async () => {
      const { orderId } = await paidOrder(shop);
      await begin(orderId);
      await finish(orderId, { refund: settled });
      const { status, payment, refunds } = await viewOf(shop, orderId);
      assert.deepEqual([status, payment.refunded, refunds[0]?.status], ['cancelled', refunded, settled]);
      const { rows } = await shop.pool.query<{ settled_by_hand: string }>(
        'select settled_by_hand from payments where order_id = $1',
        [orderId],
      );
      assert.equal(rows[0]?.settled_by_hand, byHand);
    });
  }

  it('keep the reason of the caller out of what leaves with their events', async () => {
    const { orderId } = await paidOrder(shop);
    await begin(orderId);
    await finish(orderId, { refund: 'succeeded' });
    assert.equal((await viewOf(shop, orderId)).reason, reason);
    const events = await shop.reader.events(orderId);
    assert.equal(events.at(-1)?.reason, reason);
    assert.doesNotMatch(JSON.stringify(events.map(({ data }) => data)), /my mind/);
  });

  it('do not deadlock when many orders of the same items are cancelled concurrently', async () => {
    const orders = await Promise.all(Array.from({ length: 30 }, () => paidOrder(shop)));
    await shop.ledger.beginCancellation(orders.map(({ orderId }) => ({ orderId, reason })));
    const ends = orders.map(({ orderId }) => ({ orderId, reason, refund: 'succeeded' as const }));
    await Promise.all([
      shop.ledger.finishCancellation(ends),
      shop.ledger.finishCancellation(ends.toReversed()),
    ]);
    for (const { sku } of orders)
      assert.deepEqual(await shop.stock(sku), { available: 10, held: 0, sold: 0 });
  });
});
