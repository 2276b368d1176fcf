import assert from 'node:assert/strict';
import { MONEY_RULES } from '../../src/adapters/postgres/audit/money-rules.ts';
import { SHIPPING_RULES } from '../../src/adapters/postgres/audit/shipping-rules.ts';
import type { RefundCommand } from '../../src/contracts/temporal/operations.ts';
import type {
  ProviderPaymentState,
  ProviderRefundState,
  ReconciledPayment,
} from '../../src/contracts/temporal/reconciliation.ts';
import { brokenRules } from '../support/broken-rules.ts';
import { viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { handOver, paidOrderOf, type TestOrderOptions } from '../support/shipped-orders.ts';

const requestHash = 'a'.repeat(64);
/** Minor units: two pieces at 1000. */
const TOTAL = 2_000;

/**
 * A refund of pieces gives back only what is left. What was missing, because it had gone back by an amount, is owed again when that
 * money turns out to be with the shop.
 */
describe('the money of lines, when money that had gone back is with the shop again', function () {
  this.timeout(120_000);
  let shop: Shop;
  let refunds = 0;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  /** Creates a paid order with a line of this many pieces for each of `quantities`. */
  const orderOf = async (quantities = [2], options: TestOrderOptions = {}): Promise<string> =>
    paidOrderOf(
      shop,
      await Promise.all(quantities.map(async (quantity) => ({ sku: await shop.item(10), quantity }))),
      options,
    );

  const dashboard = (orderId: string, amount: number, n = 1): ProviderRefundState => ({
    providerRefundId: `re_${n}_${orderId}`,
    amount,
  });
  async function reconcile(
    orderId: string,
    made: ProviderRefundState[],
    changes: Partial<ProviderPaymentState> = {},
  ): Promise<ReconciledPayment> {
    const [result] = await shop.ledger.reconcilePayment([
      {
        ...{ orderId, paymentIntentId: `pi_${orderId}`, status: 'succeeded', captured: TOTAL, capturable: 0 },
        ...{ amount: TOTAL, refunds: made, ...changes },
      },
    ]);
    assert.ok(result);
    return result;
  }
  /** The dashboard's refund number `n` of the order has failed. */
  const fails = (orderId: string, n = 1, made: ProviderRefundState[] = []): Promise<ReconciledPayment> =>
    reconcile(orderId, made, { failedRefunds: [`re_${n}_${orderId}`] });

  /** Begins a refund of ours. Returns its id and its amount. */
  async function begin(
    orderId: string,
    changes: Partial<RefundCommand> = {},
  ): Promise<{ refundId: string; amount: number }> {
    refunds += 1;
    const refundId = `${orderId}/refund/${refunds}`;
    const [result] = await shop.ledger.beginRefund([{ refundId, orderId, requestHash, ...changes }]);
    assert.ok(result?.outcome === 'booked', JSON.stringify(result));
    return { refundId, amount: result.amount };
  }
  const finish = (
    orderId: string,
    refundId: string,
    status: 'succeeded' | 'skipped' | 'resolved' = 'succeeded',
  ) => shop.ledger.finishRefund([{ orderId, refundId, status }]);
  /** Refunds, and returns the amount. */
  async function refund(orderId: string, changes: Partial<RefundCommand> = {}): Promise<number> {
    const { refundId, amount } = await begin(orderId, changes);
    await finish(orderId, refundId);
    return amount;
  }
  async function capture(orderId: string, amount?: number): Promise<void> {
    const captureId = `${orderId}/capture/1`;
    await shop.ledger.beginCapture([
      { captureId, orderId, requestHash, ...(amount !== undefined && { amount }) },
    ]);
    const payment = { attempt: 1, captured: TOTAL, capturable: 0 };
    await shop.ledger.finishCapture([{ captureId, orderId, status: 'succeeded', payment }]);
  }

  /** The status of the order, what its customer has paid, and of each line how many pieces are refunded with how much. */
  async function stateOf(orderId: string): Promise<unknown[]> {
    const { status, payment, lines } = await viewOf(shop, orderId);
    const kept = payment.captured - payment.refunded;
    return [status, kept, ...lines.map(({ refunded, refundedAmount }) => [refunded, refundedAmount])];
  }
  const findings = async (orderId: string): Promise<unknown[]> =>
    (await brokenRules(shop.pool, [...MONEY_RULES, ...SHIPPING_RULES]))
      .filter((each) => each.orderId === orderId && /_lines_|line_|refund/.test(each.rule))
      .map(({ rule, detail }) => [rule, detail]);

  /** Everything can go back, and then each line has its whole price refunded. */
  async function givesBackTheRest(orderId: string, rest: number): Promise<void> {
    assert.deepEqual(await findings(orderId), []);
    assert.equal(await refund(orderId), rest);
    const { status, payment, lines } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.refunded], ['refunded', payment.captured]);
    for (const { line, refundedAmount, total } of lines) assert.equal(refundedAmount, total, `line ${line}`);
    assert.deepEqual(await findings(orderId), []);
  }

  describe('a refund in the dashboard fails', () => {
    it('after the rest was refunded', async () => {
      const orderId = await orderOf();
      await reconcile(orderId, [dashboard(orderId, 900)]);
      assert.equal(await refund(orderId), 1_100);
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_100]]);
      assert.equal((await fails(orderId)).returned, 900);
      assert.deepEqual(await stateOf(orderId), ['paid', 900, [2, 1_100]]);
      await givesBackTheRest(orderId, 900);
      const { refunds: made } = await viewOf(shop, orderId);
      assert.deepEqual(made.at(-1)?.lines, [{ line: 1, quantity: 0, amount: 900 }]);
    });

    for (const [name, captureRest] of [
      ['here', (orderId: string) => capture(orderId)],
      ['in the dashboard', (orderId: string) => reconcile(orderId, [])],
    ] as const)
      it(`after a part was captured and refunded, and the rest was captured ${name} and refunded`, async () => {
        const orderId = await orderOf([2], { captured: 900 });
        assert.equal(await refund(orderId, { amount: 300 }), 300);
        assert.equal(await refund(orderId), 600);
        await captureRest(orderId);
        await reconcile(orderId, [dashboard(orderId, 900)]);
        // It has failed, and that is not known here yet.
        assert.equal(await refund(orderId), 200);
        await fails(orderId);
        assert.deepEqual(await stateOf(orderId), ['paid', 900, [2, 200]]);
        assert.deepEqual(await findings(orderId), []);
        assert.equal(await refund(orderId), 900);
        assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_100]]);
        assert.deepEqual(await findings(orderId), []);
      });

    it('after the rest of several lines was refunded: the first lines come first, as in a refund', async () => {
      const orderId = await orderOf([1, 1]);
      await reconcile(orderId, [dashboard(orderId, 900), dashboard(orderId, 600, 2)]);
      assert.equal(await refund(orderId), 500);
      await fails(orderId, 2, [dashboard(orderId, 900)]);
      assert.deepEqual(await stateOf(orderId), ['paid', 600, [1, 500], [1, 0]]);
      assert.deepEqual(await findings(orderId), []);
      await fails(orderId, 1);
      await givesBackTheRest(orderId, 1_500);
    });

    for (const kind of ['return', 'lost'] as const)
      it(`after a refund of the kind ${kind}`, async () => {
        const orderId = await orderOf();
        await handOver(shop, orderId, [{ line: 1, quantity: 2 }]);
        await reconcile(orderId, [dashboard(orderId, 1_500)]);
        assert.equal(await refund(orderId, { kind, lines: [{ line: 1, quantity: 1 }] }), 500);
        await fails(orderId);
        assert.deepEqual(await findings(orderId), []);
        // What was missing for the first piece goes back with the second.
        assert.equal(await refund(orderId, { kind, lines: [{ line: 1, quantity: 1 }] }), 1_500);
        assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, TOTAL]]);
      });

    it('after lines were cancelled', async () => {
      const orderId = await orderOf([1, 1]);
      await reconcile(orderId, [dashboard(orderId, 1_500)]);
      const lines = [{ line: 1, quantity: 1 }];
      assert.equal(await refund(orderId, { kind: 'line_cancellation', lines }), 500);
      await fails(orderId);
      assert.deepEqual(await stateOf(orderId), ['paid', 1_500, [1, 500], [0, 0]]);
      await givesBackTheRest(orderId, 1_500);
    });

    it('and what is not captured of cancelled lines still is not', async () => {
      const orderId = await orderOf([1, 1], { captured: 500 });
      const said = { captured: 500, capturable: 1_500, status: 'authorized' } as const;
      await reconcile(orderId, [dashboard(orderId, 500)], said);
      assert.equal(
        await refund(orderId, { kind: 'line_cancellation', lines: [{ line: 1, quantity: 1 }] }),
        0,
      );
      await reconcile(orderId, [], { ...said, failedRefunds: [`re_1_${orderId}`] });
      const [result] = await shop.ledger.beginCapture([
        { captureId: `${orderId}/capture/1`, orderId, requestHash },
      ]);
      assert.ok(result?.outcome === 'booked');
      assert.equal(result.amount, 500);
    });

    it('after the order was cancelled: all of its money goes back by itself', async () => {
      const orderId = await orderOf();
      await reconcile(orderId, [dashboard(orderId, 900)]);
      const cancellation = { orderId, reason: 'changed_my_mind' };
      const [begun] = await shop.ledger.beginCancellation([cancellation]);
      assert.ok(begun?.outcome === 'begun');
      assert.equal(begun.refund?.amount, 1_100);
      await shop.ledger.finishCancellation([{ ...cancellation, refund: 'succeeded' }]);
      assert.equal((await fails(orderId)).refundTotal, TOTAL);
      assert.deepEqual(await stateOf(orderId), ['cancelled', 900, [2, 1_100]]);
    });

    it('that was made instead of a part of one of ours, which had failed', async () => {
      const orderId = await orderOf();
      const lines = [{ line: 1, quantity: 1 }];
      const { refundId } = await begin(orderId, { lines });
      await finish(orderId, refundId);
      const returnedRefunds = [refundId];
      await reconcile(orderId, [dashboard(orderId, 300)], { returnedRefunds });
      assert.deepEqual(await stateOf(orderId), ['paid', 1_000, [1, 1_000]]);
      assert.deepEqual(await findings(orderId), []);
      await reconcile(orderId, [], { returnedRefunds, failedRefunds: [`re_1_${orderId}`] });
      assert.deepEqual(await stateOf(orderId), ['paid', 1_300, [1, 700]]);
      await givesBackTheRest(orderId, 1_300);
    });

    it('that was made instead of a part of one of ours of an amount, after the rest was refunded', async () => {
      const orderId = await orderOf();
      const { refundId } = await begin(orderId, { amount: 900 });
      await finish(orderId, refundId);
      assert.equal(await refund(orderId), 1_100);
      const returnedRefunds = [refundId];
      await reconcile(orderId, [dashboard(orderId, 300)], { returnedRefunds });
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_100]]);
      await reconcile(orderId, [], { returnedRefunds, failedRefunds: [`re_1_${orderId}`] });
      assert.deepEqual(await stateOf(orderId), ['paid', 300, [2, 1_100]]);
      assert.deepEqual(await findings(orderId), []);
      assert.equal(await refund(orderId), 300);
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_400]]);
    });

    it('because of which the refund of a return gave back less', async () => {
      const orderId = await orderOf();
      const { refundId } = await begin(orderId, { kind: 'return', lines: [{ line: 1, quantity: 2 }] });
      await reconcile(orderId, [dashboard(orderId, 600)], { refusedRefundId: refundId });
      await finish(orderId, refundId);
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_400]]);
      assert.deepEqual(await findings(orderId), []);
      await fails(orderId);
      await givesBackTheRest(orderId, 600);
    });
  });

  describe('a refund of an amount is not made', () => {
    it('because an operator skips it, after the rest was refunded', async () => {
      const orderId = await orderOf();
      const { refundId } = await begin(orderId, { amount: 900 });
      assert.equal(await refund(orderId), 1_100);
      await finish(orderId, refundId, 'skipped');
      await givesBackTheRest(orderId, 900);
    });

    it('because the provider refuses it, after the rest was refunded', async () => {
      const orderId = await orderOf();
      const { refundId } = await begin(orderId, { amount: 900 });
      assert.equal(await refund(orderId), 1_100);
      await reconcile(orderId, [dashboard(orderId, 300)], { refusedRefundId: refundId });
      assert.deepEqual(await stateOf(orderId), ['paid', 600, [2, 1_100]]);
      assert.deepEqual(await findings(orderId), []);
      assert.equal(await refund(orderId), 600);
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_700]]);
    });

    it('because somebody has made it in the dashboard, after the rest without both was refunded', async () => {
      const orderId = await orderOf();
      const { refundId } = await begin(orderId, { amount: 400 });
      await reconcile(orderId, [dashboard(orderId, 400)]);
      assert.equal(await refund(orderId), 1_200);
      await finish(orderId, refundId, 'resolved');
      assert.deepEqual(await stateOf(orderId), ['paid', 400, [2, 1_200]]);
      assert.deepEqual(await findings(orderId), []);
      assert.equal(await refund(orderId), 400);
      assert.deepEqual(await stateOf(orderId), ['refunded', 0, [2, 1_600]]);
    });
  });

  it('a refund of the rest that is skipped gives back what was missing for its pieces, too', async () => {
    const orderId = await orderOf();
    assert.equal(await refund(orderId, { amount: 900 }), 900);
    const { refundId } = await begin(orderId);
    await finish(orderId, refundId, 'skipped');
    assert.deepEqual(await stateOf(orderId), ['paid', 1_100, [0, 0]]);
    assert.equal(await refund(orderId, { lines: [{ line: 1, quantity: 1 }] }), 1_000);
    assert.deepEqual(await stateOf(orderId), ['paid', 100, [1, 1_000]]);
    const { refunds: made } = await viewOf(shop, orderId);
    assert.deepEqual(made[1]?.lines, [{ line: 1, quantity: 2, amount: 1_100 }]);
  });

  it('a dispute is won after it was lost, because of which a return gave back less', async () => {
    const orderId = await orderOf();
    const dispute = async (status: 'lost' | 'won', fundsWithdrawn: boolean): Promise<void> => {
      await shop.ledger.recordDisputes([
        {
          ...{ orderId, paymentIntentId: `pi_${orderId}`, asOf: new Date().toISOString() },
          disputes: [
            {
              ...{ disputeId: `dp_${orderId}`, amount: 1_500, currency: 'EUR', reason: 'fraudulent', status },
              ...{ fundsWithdrawn, openedAt: '2026-01-01T00:00:00.000Z' },
            },
          ],
        },
      ]);
    };
    await dispute('lost', true);
    const lines = [{ line: 1, quantity: 1 }];
    assert.equal(await refund(orderId, { kind: 'return', lines }), 500);
    await dispute('won', false);
    assert.deepEqual(await findings(orderId), []);
    assert.equal(await refund(orderId, { kind: 'return', lines }), 1_500);
  });
});
