import assert from 'node:assert/strict';
import type {
  RefundResult,
  RefundSettlement,
  RefundCommand,
} from '../../src/contracts/temporal/operations.ts';
import { authorizedOrder, eventsOf, paidOrder, reservedOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const requestHash = 'a'.repeat(64);
const refundOf = (orderId: string, id: string, amount?: number): RefundCommand => ({
  refundId: `${orderId}/refunds/${id}`,
  orderId,
  requestHash,
  ...(amount !== undefined && { amount }),
});

describe('refunds in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  async function begin(order: RefundCommand): Promise<RefundResult> {
    const [answer] = await shop.ledger.beginRefund([order]);
    assert(answer);
    return answer;
  }
  const finish = ({ orderId, refundId }: RefundCommand, status: RefundSettlement['status']) =>
    shop.ledger.finishRefund([{ orderId, refundId, status }]);
  const refused = (answer: RefundResult) => {
    assert(answer.outcome === 'refused');
    return [answer.code, answer.left, answer.orderStatus];
  };

  it('refund everything if no amount is given, and end the order', async () => {
    const { orderId, paymentIntentId } = await paidOrder(shop);
    const order = refundOf(orderId, '1');
    const answer = await begin(order);
    assert.ok(answer.outcome === 'booked' && Date.parse(answer.begunAt ?? '') <= Date.now());
    assert.deepEqual(answer, {
      begunAt: answer.begunAt,
      refundId: order.refundId,
      orderId,
      requestHash,
      outcome: 'booked',
      number: 1,
      amount: 1_000,
      paymentIntentId,
      status: 'pending',
    });
    await finish(order, 'succeeded');
    const { status, payment, refunds } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.status, payment.refunded], ['refunded', 'refunded', 1_000]);
    assert.deepEqual(
      refunds.map((each) => [each.number, each.status]),
      [[1, 'succeeded']],
    );
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['refund_requested', 'refunded']);
  });

  it('refund parts, until nothing is left', async () => {
    const { orderId } = await paidOrder(shop);
    for (const [id, amount] of [
      ['1', 300],
      ['2', 700],
    ] as const) {
      await begin(refundOf(orderId, id, amount));
      await finish(refundOf(orderId, id), 'succeeded');
    }
    assert.equal((await viewOf(shop, orderId)).status, 'refunded');
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-4), [
      'refund_requested',
      'partially_refunded',
      'refund_requested',
      'refunded',
    ]);
    assert.deepEqual(refused(await begin(refundOf(orderId, '3', 1))), ['not_refundable', 0, 'refunded']);
  });

  it('never exceed what was captured, however many begin concurrently', async () => {
    const { orderId } = await paidOrder(shop);
    const requests = Array.from({ length: 20 }, (_, index) => refundOf(orderId, String(index), 150));
    const answers = await Promise.all(requests.map(begin));
    const begun = answers.filter(({ outcome }) => outcome === 'booked');
    assert.equal(begun.length, 6);
    for (const answer of answers)
      if (answer.outcome === 'refused') assert.equal(answer.code, 'refund_exceeds_captured');
    await Promise.all(begun.map(({ refundId }) => finish({ refundId, orderId, requestHash }, 'succeeded')));
    const { payment, partiallyRefunded, refunds } = await viewOf(shop, orderId);
    assert.deepEqual([payment.refunded, partiallyRefunded], [900, true]);
    assert.deepEqual(
      refunds.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual(refused(await begin(refundOf(orderId, 'more', 101))), [
      'refund_exceeds_captured',
      100,
      'paid',
    ]);
  });

  it('are identified by their id: begun twice, it is one refund, with the hash of the first request', async () => {
    const { orderId } = await paidOrder(shop);
    const order = refundOf(orderId, '1', 400);
    const answers = await Promise.all([begin(order), begin(order), begin(order)]);
    const repeated = await begin({ ...order, amount: 999, requestHash: 'b'.repeat(64) });
    for (const answer of [...answers, repeated]) assert.deepEqual(answer, answers[0]);
    assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'refund_requested').length, 1);
  });

  it('are finished once, and return the order', async () => {
    const { orderId } = await paidOrder(shop);
    const order = refundOf(orderId, '1', 400);
    await begin(order);
    await Promise.all([finish(order, 'succeeded'), finish(order, 'succeeded'), finish(order, 'succeeded')]);
    await finish(order, 'skipped');
    assert.equal((await viewOf(shop, orderId)).payment.refunded, 400);
    const answer = await begin(order);
    assert.ok(answer.outcome === 'booked' && answer.status === 'succeeded');
    assert.equal((await eventsOf(shop, orderId)).at(-1), 'partially_refunded');
  });

  it('keep the money of a skipped refund, which can be refunded later', async () => {
    const { orderId } = await paidOrder(shop);
    const order = refundOf(orderId, '1', 1_000);
    await begin(order);
    await finish(order, 'skipped');
    const { status, payment } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.status, payment.refunded], ['paid', 'succeeded', 0]);
    assert.equal((await eventsOf(shop, orderId)).at(-1), 'refund_skipped');
    assert.equal(await settledByHand(orderId), 'skip');
    assert.equal((await begin(refundOf(orderId, '2', 1_000))).outcome, 'booked');
  });

  it('count a refund that an operator has made in another way', async () => {
    const { orderId } = await paidOrder(shop);
    const order = refundOf(orderId, '1', 1_000);
    await begin(order);
    await finish(order, 'resolved');
    const { status, payment, refunds } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded, refunds[0]?.status], ['refunded', 1_000, 'resolved']);
    assert.equal(await settledByHand(orderId), 'resolve');
  });

  it('refuse an order with nothing left to refund', async () => {
    assert.deepEqual(refused(await begin(refundOf('ord_none', '1', 1))), ['order_not_found', 0, null]);
    const { orderId: open } = await reservedOrder(shop);
    assert.deepEqual(refused(await begin(refundOf(open, '1'))), ['not_refundable', 0, 'reserved']);
    const { orderId: held } = await authorizedOrder(shop);
    assert.deepEqual(refused(await begin(refundOf(held, '1'))), ['refund_exceeds_captured', 0, 'paid']);
  });

  it("keep the reason, which is in the caller's own words, out of what leaves with their events", async () => {
    const { orderId } = await paidOrder(shop);
    await begin({ ...refundOf(orderId, '1', 1), reason: 'call Ada' });
    await finish(refundOf(orderId, '1'), 'succeeded');
    assert.equal((await viewOf(shop, orderId)).refunds[0]?.reason, 'call Ada');
    const events = await shop.reader.events(orderId);
    assert.deepEqual(
      events.flatMap(({ reason }) => reason ?? []),
      ['call Ada', 'call Ada'],
    );
    assert.doesNotMatch(JSON.stringify(events.map(({ data }) => data)), /Ada/);
  });

  it('handle many orders in one call, each by itself', async () => {
    const [first, second] = [await paidOrder(shop), await paidOrder(shop)];
    const answers = await shop.ledger.beginRefund([
      refundOf(second.orderId, '1', 5_000),
      refundOf('ord_none', '1', 1),
      refundOf(first.orderId, '1', 500),
      refundOf(first.orderId, '2', 501),
    ]);
    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      ['refused', 'refused', 'booked', 'refused'],
    );
  });

  describe('of late payments', () => {
    const late = (orderId: string, paymentIntentId: string) => ({
      orderId,
      paymentIntentId,
      captured: 1_000,
      refunded: 1_000,
    });

    it("record another payment than the order's own once", async () => {
      const { orderId, paymentIntentId } = await paidOrder(shop);
      const other = `pi_other_${orderId}`;
      const payments = [
        { orderId, paymentIntentId },
        { orderId, paymentIntentId: other },
      ];
      assert.deepEqual(await shop.ledger.isLatePayment(payments), [false, true]);
      await Promise.all([1, 2, 3].map(() => shop.ledger.recordLatePayment([late(orderId, other)])));
      assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['paid', 'late_payment_refunded']);
      const { payment, status } = await viewOf(shop, orderId);
      assert.deepEqual([status, payment.paymentIntentId, payment.refunded], ['paid', paymentIntentId, 0]);
    });

    it('record the money of a payment that was recorded as cancelled once', async () => {
      const { order, orderId } = await reservedOrder(shop);
      const paymentIntentId = `pi_${orderId}`;
      const payment = { attempt: 1, status: 'requires_action', paymentIntentId } as const;
      const ended = { ...payment, status: 'cancelled' } as const;
      await shop.ledger.recordWaiting([{ orderId, status: 'awaiting_customer', payment }]);
      assert.deepEqual(await shop.ledger.isLatePayment([{ orderId, paymentIntentId }]), [false]);
      await shop.ledger.releaseStock([
        { orderId, order, status: 'expired', reason: 'authentication_expired', payment: ended },
      ]);
      assert.deepEqual(await shop.ledger.isLatePayment([{ orderId, paymentIntentId }]), [true]);
      await shop.ledger.recordLatePayment([late(orderId, paymentIntentId)]);
      await shop.ledger.recordLatePayment([late(orderId, paymentIntentId)]);
      const { payment: stored, status } = await viewOf(shop, orderId);
      assert.deepEqual(
        [status, stored.status, stored.captured, stored.refunded],
        ['expired', 'refunded', 1_000, 1_000],
      );
      assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['expired', 'late_payment_refunded']);
    });

    it("leave captures of the order's own payment unchanged", async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      await shop.ledger.recordLatePayment([late(orderId, `pi_other_${orderId}`)]);
      const [answer] = await shop.ledger.beginCapture([
        { orderId, captureId: `${orderId}/captures/1`, requestHash, amount: 400 },
      ]);
      assert.ok(answer?.outcome === 'booked');
      assert.equal(answer.payment.paymentIntentId, paymentIntentId);
    });

    it("leave refunds and cancellations to the order's own payment", async () => {
      for (const settledByHand of [undefined, 'skip'] as const) {
        const { orderId, paymentIntentId } = await paidOrder(shop);
        const other = late(orderId, `pi_other_${orderId}`);
        const kept = { ...other, refunded: 0, settledByHand: 'skip' } as const;
        await shop.ledger.recordLatePayment([settledByHand ? kept : other]);
        const answer = await begin(refundOf(orderId, '1', 400));
        assert.ok(answer.outcome === 'booked' && answer.paymentIntentId === paymentIntentId);
        await finish(refundOf(orderId, '1'), 'succeeded');
        const [cancelling] = await shop.ledger.beginCancellation([{ orderId, reason: 'cancelled' }]);
        assert.equal(cancelling?.paymentIntentId, paymentIntentId);
        assert.equal(cancelling.refund?.amount, 600);
        assert.equal((await viewOf(shop, orderId)).payment.paymentIntentId, paymentIntentId);
      }
    });

    it("do not treat a kept payment of an earlier attempt as the order's own", async () => {
      const { orderId } = await reservedOrder(shop);
      const [earlier, own] = [`pi_earlier_${orderId}`, `pi_own_${orderId}`];
      const payment = { attempt: 1, status: 'requires_action', paymentIntentId: earlier } as const;
      const paid = { attempt: 2, status: 'succeeded', paymentIntentId: own, captured: 1_000 } as const;
      await shop.ledger.recordWaiting([{ orderId, status: 'awaiting_customer', payment }]);
      await shop.ledger.confirmOrder([{ orderId, payment: paid }]);
      await shop.ledger.recordLatePayment([
        { ...late(orderId, earlier), refunded: 0, settledByHand: 'skip' },
      ]);
      const answer = await begin(refundOf(orderId, '1', 400));
      assert.ok(answer.outcome === 'booked');
      assert.equal(answer.paymentIntentId, own);
    });

    it('record that an operator kept the money', async () => {
      const { orderId } = await paidOrder(shop);
      const kept = { ...late(orderId, `pi_other_${orderId}`), refunded: 0, settledByHand: 'skip' } as const;
      await Promise.all([1, 2].map(() => shop.ledger.recordLatePayment([kept])));
      assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['paid', 'late_payment_kept']);
    });
  });

  it('record once how a returned refund was settled', async () => {
    const { orderId, paymentIntentId } = await paidOrder(shop);
    await begin(refundOf(orderId, '1'));
    await finish(refundOf(orderId, '1'), 'succeeded');
    const end = { orderId, paymentIntentId, providerRefundId: 're_1', status: 'skipped' } as const;
    await Promise.all([1, 2].map(() => shop.ledger.finishReturnedRefund([end])));
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['refunded', 'returned_refund_settled']);
    assert.equal(await settledByHand(orderId), 'skip');
  });

  it('never hold two payments with money of one order, or more than its total', async () => {
    const { orderId } = await paidOrder(shop);
    const insert = (attempt: number, captured: number, capturable: number) =>
      shop.pool.query(
        `insert into payments (order_id, attempt, status, currency, amount, captured, capturable)
         values ($1, $2, 'succeeded', 'EUR', 1000, $3, $4)`,
        [orderId, attempt, captured, capturable],
      );
    await assert.rejects(insert(2, 1_000, 0), /payments_one_captured/);
    await assert.rejects(insert(3, 0, 1_001), /payments_within_amount/);
    const more = shop.pool.query('update payments set capturable = 1 where order_id = $1', [orderId]);
    await assert.rejects(more, /payments_within_amount/);
  });

  async function settledByHand(orderId: string): Promise<string | null | undefined> {
    const { rows } = await shop.pool.query<{ settled_by_hand: string | null }>(
      'select settled_by_hand from payments where order_id = $1',
      [orderId],
    );
    return rows[0]?.settled_by_hand;
  }
});
