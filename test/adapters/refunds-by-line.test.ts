import assert from 'node:assert/strict';
import type { LineQuantity } from '../../src/contracts/http/shipments.ts';
import type {
  RefundCommand,
  RefundResult,
  RefundSettlement,
} from '../../src/contracts/temporal/operations.ts';
import { MONEY_RULES } from '../../src/adapters/postgres/audit/money-rules.ts';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import { eventsOf, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { deliver, handOver, paidOrderOf } from '../support/shipped-orders.ts';
import { brokenRules } from '../support/broken-rules.ts';

const requestHash = 'a'.repeat(64);

describe('refunds and cancellations by line in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;
  let refunds = 0;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  async function begin(orderId: string, changes: Partial<RefundCommand>): Promise<RefundResult> {
    refunds += 1;
    const [result] = await shop.ledger.beginRefund([
      { refundId: `${orderId}/refund/${refunds}`, orderId, requestHash, ...changes },
    ]);
    assert.ok(result);
    return result;
  }
  const cancel = (orderId: string, ...lines: LineQuantity[]): Promise<RefundResult> =>
    begin(orderId, { kind: 'line_cancellation', lines });
  async function settle(
    result: RefundResult,
    status: RefundSettlement['status'] = 'succeeded',
  ): Promise<number> {
    assert.ok(result.outcome === 'booked', JSON.stringify(result));
    const { refundId, orderId } = result;
    if (result.status === 'pending') await shop.ledger.finishRefund([{ refundId, orderId, status }]);
    return result.amount;
  }
  const refused = (result: RefundResult): unknown[] => {
    assert.ok(result.outcome === 'refused', JSON.stringify(result));
    return [result.code, result.lines];
  };
  const of = (line: number, quantity: number): LineQuantity => ({ line, quantity });

  afterEach(async () => {
    assert.deepEqual(await brokenRules(shop.pool, STOCK_RULES), []);
  });

  it('refund the money of pieces, rounded so that the parts of a line sum to it', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 3, total: 1_000 }]);
    const amounts = [];
    for (let piece = 0; piece < 3; piece += 1)
      amounts.push(await settle(await begin(orderId, { lines: [of(1, 1)] })));
    assert.deepEqual(amounts, [333, 333, 334]);
    const { status, lines, payment, refunds: made } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded], ['refunded', 1_000]);
    assert.deepEqual([lines[0]?.refunded, lines[0]?.refundedAmount], [3, 1_000]);
    assert.deepEqual(
      made.map(({ kind, lines: parts }) => [kind, parts?.[0]?.amount]),
      [
        ['requested', 333],
        ['requested', 333],
        ['requested', 334],
      ],
    );
  });

  it('refuse more pieces than a line has left, and say how many', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [
      { sku, quantity: 3 },
      { sku, quantity: 1 },
    ]);
    await settle(await begin(orderId, { lines: [of(1, 2)] }));
    assert.deepEqual(refused(await begin(orderId, { lines: [of(1, 2), of(2, 1)] })), [
      'quantity_exceeds_line',
      [{ line: 1, left: 1 }],
    ]);
    assert.deepEqual(refused(await begin(orderId, { lines: [of(3, 1)] })), [
      'quantity_exceeds_line',
      [{ line: 3, left: 0 }],
    ]);
  });

  it('refuse the money of pieces that an amount has refunded already', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 2 }]);
    await settle(await begin(orderId, { amount: 1_500 }));
    const result = await begin(orderId, { lines: [of(1, 1)] });
    assert.ok(result.outcome === 'refused');
    assert.deepEqual([result.code, result.left], ['refund_exceeds_captured', 500]);
  });

  it('cancel pieces before the hand-over: the stock and their money go back, and the order goes on', async () => {
    const [mug, print] = [await shop.item(10), await shop.item(10, 4_500)];
    const orderId = await paidOrderOf(shop, [
      { sku: mug, quantity: 3 },
      { sku: print, quantity: 1, total: 4_500 },
    ]);
    assert.equal(await settle(await cancel(orderId, of(1, 1), of(2, 1))), 5_500);
    const { status, lines, payment, refunds: made } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded, made[0]?.kind], ['paid', 5_500, 'line_cancellation']);
    assert.deepEqual(
      lines.map(({ cancelled, refunded, refundedAmount }) => [cancelled, refunded, refundedAmount]),
      [
        [1, 1, 1_000],
        [1, 1, 4_500],
      ],
    );
    assert.deepEqual(await shop.stock(mug), { available: 8, held: 0, sold: 2 });
    assert.deepEqual(await shop.stock(print), { available: 10, held: 0, sold: 0 });
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-3), [
      'line_cancelled',
      'refund_requested',
      'partially_refunded',
    ]);
  });

  it('cancel once for each id, however many begin concurrently', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 5 }]);
    const command: RefundCommand = {
      ...{ refundId: `${orderId}/cancel/one`, orderId, requestHash },
      kind: 'line_cancellation',
      lines: [of(1, 2)],
    };
    await Promise.all(Array.from({ length: 5 }, () => shop.ledger.beginRefund([command])));
    assert.equal((await viewOf(shop, orderId)).lines[0]?.cancelled, 2);
    assert.equal((await shop.stock(sku)).available, 7);
    const others = await Promise.all(Array.from({ length: 5 }, () => cancel(orderId, of(1, 1))));
    assert.equal(others.filter(({ outcome }) => outcome === 'booked').length, 2);
    assert.equal(
      others.filter((each) => each.outcome === 'refused' && each.code === 'cancels_whole_order').length,
      3,
    );
  });

  it('refuse to cancel what was handed over, and what would leave nothing', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 3 }]);
    assert.deepEqual(refused(await cancel(orderId, of(1, 3)))[0], 'cancels_whole_order');
    await handOver(shop, orderId, [of(1, 2)]);
    assert.deepEqual(refused(await cancel(orderId, of(1, 2))), [
      'quantity_exceeds_line',
      [{ line: 1, left: 1 }],
    ]);
    assert.equal(await settle(await cancel(orderId, of(1, 1))), 1_000);
    assert.equal((await viewOf(shop, orderId)).status, 'shipped');
    assert.deepEqual(refused(await cancel(orderId, of(1, 1))), ['too_late', [{ line: 1, left: 0 }]]);
  });

  it('cancel pieces of an order without an address, whose goods left the stock when it was paid', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 3 }], { ships: false });
    assert.equal(await settle(await cancel(orderId, of(1, 2))), 2_000);
    assert.deepEqual(await shop.stock(sku), { available: 9, held: 0, sold: 1 });
  });

  it('cancel a line that costs nothing, and go on when the rest costs nothing', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [
      { sku, quantity: 1, total: 0 },
      { sku, quantity: 1 },
      { sku, quantity: 1, total: 0 },
    ]);
    const free = await cancel(orderId, of(1, 1));
    assert.ok(free.outcome === 'booked');
    assert.deepEqual([free.amount, free.status], [0, 'succeeded']);
    assert.equal(await settle(await cancel(orderId, of(2, 1))), 1_000);
    const { status, payment } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded], ['paid', 1_000]);
  });

  it('refund only what was captured, and the money of cancelled pieces is not captured any more', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 5 }], { captured: 2_500 });
    // 2500 are not captured: the first two pieces reduce that, and the third reduces it by 500.
    assert.equal(await settle(await cancel(orderId, of(1, 2))), 0);
    assert.equal(await settle(await cancel(orderId, of(1, 1))), 500);
    assert.equal(await settle(await cancel(orderId, of(1, 1))), 1_000);
    const { lines, payment } = await viewOf(shop, orderId);
    assert.deepEqual([lines[0]?.refunded, lines[0]?.refundedAmount, payment.refunded], [4, 1_500, 1_500]);
    const [capture] = await shop.ledger.beginCapture([
      { captureId: `${orderId}/capture/1`, orderId, requestHash },
    ]);
    assert.ok(capture?.outcome === 'refused' && capture.code === 'not_capturable');
  });

  describe('whose money somebody captures at the provider after they were cancelled', () => {
    const reconcile = async (orderId: string, captured: number, capturable = 0) => {
      const [result] = await shop.ledger.reconcilePayment([
        { orderId, paymentIntentId: `pi_${orderId}`, status: 'succeeded', captured, capturable, refunds: [] },
      ]);
      return result?.unwanted;
    };
    const brokenMoney = async (orderId: string) =>
      (await brokenRules(shop.pool, MONEY_RULES)).filter((each) => each.orderId === orderId);

    it('go back by a refund of the order', async () => {
      const orderId = await paidOrderOf(shop, [{ sku: await shop.item(10), quantity: 3 }], { captured: 0 });
      await settle(await cancel(orderId, of(1, 1)));
      const refund = { refundId: `${orderId}/refunds/outside-capture/2`, number: 2, amount: 1_000 };
      for (const time of [1, 2]) assert.deepEqual(await reconcile(orderId, 3_000), refund, `time ${time}`);
      await shop.ledger.finishRefund([{ refundId: refund.refundId, orderId, status: 'succeeded' }]);
      assert.equal(await reconcile(orderId, 3_000), undefined);
      const { status, lines, payment } = await viewOf(shop, orderId);
      assert.deepEqual([status, payment.captured, payment.refunded], ['paid', 3_000, 1_000]);
      assert.deepEqual([lines[0]?.cancelled, lines[0]?.refunded, lines[0]?.refundedAmount], [1, 1, 1_000]);
      assert.deepEqual(await brokenMoney(orderId), []);
      // The other pieces can be refunded, and nothing else.
      assert.equal(await settle(await begin(orderId, {})), 2_000);
    });

    it('go back only as far as they were captured, also in parts', async () => {
      const orderId = await paidOrderOf(shop, [{ sku: await shop.item(10), quantity: 3 }], { captured: 0 });
      await settle(await cancel(orderId, of(1, 1)));
      assert.equal(await reconcile(orderId, 2_000, 1_000), undefined);
      const [first, second] = [await reconcile(orderId, 2_300, 700), await reconcile(orderId, 3_000)];
      assert.equal(first?.amount, 300);
      assert.deepEqual(second, first);
      await shop.ledger.finishRefund([{ refundId: first.refundId, orderId, status: 'succeeded' }]);
      assert.equal((await reconcile(orderId, 3_000))?.amount, 700);
    });

    it('go back when our own capture finds that all of it was captured', async () => {
      const orderId = await paidOrderOf(shop, [{ sku: await shop.item(10), quantity: 3 }], { captured: 0 });
      await settle(await cancel(orderId, of(1, 1)));
      const captureId = `${orderId}/capture/1`;
      await shop.ledger.beginCapture([{ captureId, orderId, requestHash }]);
      const payment = { attempt: 1, captured: 3_000, capturable: 0 };
      await shop.ledger.finishCapture([{ captureId, orderId, status: 'succeeded', payment }]);
      assert.equal((await reconcile(orderId, 3_000))?.amount, 1_000);
    });

    it('are kept if an operator skips the refund', async () => {
      const orderId = await paidOrderOf(shop, [{ sku: await shop.item(10), quantity: 3 }], { captured: 0 });
      await settle(await cancel(orderId, of(1, 1)));
      const refund = await reconcile(orderId, 3_000);
      assert(refund);
      await shop.ledger.finishRefund([{ refundId: refund.refundId, orderId, status: 'skipped' }]);
      assert.equal(await reconcile(orderId, 3_000), undefined);
      assert.deepEqual(await brokenMoney(orderId), []);
    });

    it('are found by the audit where no refund gives them back', async () => {
      const orderId = await paidOrderOf(shop, [{ sku: await shop.item(10), quantity: 3 }], { captured: 0 });
      await settle(await cancel(orderId, of(1, 1)));
      const captureId = `${orderId}/capture/outside-1`;
      await shop.pool.query(
        `insert into captures (capture_id, order_id, amount, final, request_hash, status) values ($1, $2, 3000, true, '', 'succeeded')`,
        [captureId, orderId],
      );
      await shop.pool.query(`update payments set captured = 3000, capturable = 0 where order_id = $1`, [
        orderId,
      ]);
      const [found, ...others] = await brokenMoney(orderId);
      assert.deepEqual(
        [found?.rule, found?.detail, others],
        [
          'cancelled_lines_captured',
          '3000 are kept, and what is not cancelled or refunded of the order costs 2000',
          [],
        ],
      );
    });
  });

  it('capture the rest without the money of cancelled pieces', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 5 }], { captured: 0 });
    assert.equal(await settle(await cancel(orderId, of(1, 2))), 0);
    const [capture] = await shop.ledger.beginCapture([
      { captureId: `${orderId}/capture/1`, orderId, requestHash },
    ]);
    assert.ok(capture?.outcome === 'booked');
    assert.deepEqual([capture.amount, capture.final], [3_000, true]);
    // While it is not settled, it is not known what is captured.
    await assert.rejects(cancel(orderId, of(1, 1)), /a capture of order .* is in progress/);
  });

  it('give back what a capture in progress takes: a lost parcel and a return wait for it', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 2 }], { captured: 0 });
    await handOver(shop, orderId, [of(1, 2)]);
    const captureId = `${orderId}/capture/1`;
    const [capture] = await shop.ledger.beginCapture([{ captureId, orderId, requestHash }]);
    assert.ok(capture?.outcome === 'booked');
    for (const kind of ['lost', 'return'] as const)
      await assert.rejects(
        begin(orderId, { kind, lines: [of(1, 1)] }),
        /a capture of order .* is in progress/,
      );
    const payment = { attempt: 1, captured: 2_000, capturable: 0 };
    await shop.ledger.finishCapture([{ captureId, orderId, status: 'succeeded', payment }]);
    assert.equal(await settle(await begin(orderId, { kind: 'lost', lines: [of(1, 1)] })), 1_000);
  });

  it('leave a skipped refund to be made again', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 3, total: 1_000 }]);
    await settle(await begin(orderId, { lines: [of(1, 1)] }));
    await settle(await begin(orderId, { lines: [of(1, 1)] }), 'skipped');
    const { lines } = await viewOf(shop, orderId);
    assert.deepEqual([lines[0]?.refunded, lines[0]?.refundedAmount], [1, 333]);
    assert.equal(await settle(await begin(orderId, { lines: [of(1, 2)] })), 667);
  });

  it('put pieces back on sale that are in the shop, and refuse others', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 4 }]);
    assert.deepEqual(refused(await begin(orderId, { lines: [of(1, 1)], restock: true })), [
      'not_restockable',
      [{ line: 1, left: 0 }],
    ]);
    await deliver(shop, orderId, [of(1, 2)]);
    await settle(await begin(orderId, { lines: [of(1, 2)], restock: true }));
    assert.deepEqual(await shop.stock(sku), { available: 8, held: 0, sold: 4 });
    assert.equal((await viewOf(shop, orderId)).lines[0]?.returned, 2);
    assert.deepEqual(refused(await begin(orderId, { restock: true })), [
      'not_restockable',
      [{ line: 1, left: 0 }],
    ]);
  });

  it('put everything of an order without an address back on sale, once', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 4 }], { ships: false });
    await settle(await begin(orderId, { lines: [of(1, 1)], restock: true }));
    assert.equal((await shop.stock(sku)).available, 7);
    await settle(await begin(orderId, { restock: true }));
    assert.equal((await shop.stock(sku)).available, 10);
    assert.equal((await viewOf(shop, orderId)).status, 'refunded');
  });

  it('refund the rest, and record it for every line', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [
      { sku, quantity: 3, total: 100 },
      { sku, quantity: 2, total: 55 },
    ]);
    await settle(await begin(orderId, { lines: [of(1, 1)] }));
    assert.equal(await settle(await begin(orderId, {})), 122);
    const { lines } = await viewOf(shop, orderId);
    assert.deepEqual(
      lines.map(({ refunded, refundedAmount }) => [refunded, refundedAmount]),
      [
        [3, 100],
        [2, 55],
      ],
    );
  });

  it('of all the money put what was not handed over back on sale, once, and leave what was', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 3 }]);
    await handOver(shop, orderId, [of(1, 1)]);
    const result = await begin(orderId, {});
    await settle(result);
    await settle(result);
    const { status, lines, shipments } = await viewOf(shop, orderId);
    const pieces = lines.map(({ cancelled, shipped, refunded }) => [cancelled, shipped, refunded]);
    assert.deepEqual([status, pieces], ['refunded', [[2, 1, 3]]]);
    assert.deepEqual(
      shipments
        .filter(({ status: state }) => state !== 'cancelled')
        .map(({ handedOverAt }) => !!handedOverAt),
      [true],
    );
    const item = await shop.catalogue.get(sku);
    assert.deepEqual([item?.onHand, item?.available, item?.committed], [9, 9, 0]);
  });

  it('record a cancelled order for every line, after a part of it was cancelled', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [
      { sku, quantity: 3, total: 100 },
      { sku, quantity: 2, total: 55 },
    ]);
    await settle(await cancel(orderId, of(1, 1)));
    await shop.ledger.beginCancellation([{ orderId, reason: 'changed my mind' }]);
    await shop.ledger.finishCancellation([{ orderId, reason: 'changed my mind', refund: 'succeeded' }]);
    const { status, lines, payment } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded], ['cancelled', 155]);
    assert.deepEqual(
      lines.map(({ cancelled, refunded, refundedAmount }) => [cancelled, refunded, refundedAmount]),
      [
        [3, 3, 100],
        [2, 2, 55],
      ],
    );
    assert.equal((await shop.stock(sku)).available, 10);
  });
});
