import assert from 'node:assert/strict';
import { MONEY_RULES } from '../../src/adapters/postgres/audit/money-rules.ts';
import { createOrderCarriers } from '../../src/adapters/postgres/order-carriers.ts';
import type { PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { RefundCommand } from '../../src/contracts/temporal/operations.ts';
import type {
  ProviderPaymentState,
  ProviderRefundState,
  ReconciledPayment,
} from '../../src/contracts/temporal/reconciliation.ts';
import { eventsOf, paidOrder, reservedOrder, viewOf, type LedgerOrder } from '../support/paid-orders.ts';
import { brokenRules } from '../support/broken-rules.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the refunds that the provider has made, in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  type Payment = Pick<LedgerOrder, 'orderId' | 'paymentIntentId'>;

  /** Takes in what the provider says of a payment of which everything was captured. */
  async function reconcile(
    { orderId, paymentIntentId }: Payment,
    refunds: ProviderRefundState[],
    changes: Partial<ProviderPaymentState> = {},
  ): Promise<ReconciledPayment> {
    const [result] = await shop.ledger.reconcilePayment([
      {
        ...{ orderId, paymentIntentId, status: 'succeeded', captured: 1_000, capturable: 0, amount: 1_000 },
        ...{ refunds, ...changes },
      },
    ]);
    assert(result);
    return result;
  }

  /** An order that has expired, and whose payment was refunded before that was recorded. */
  async function reversed(changes: Partial<PaymentRecord> = {}): Promise<Payment> {
    const { order, orderId } = await reservedOrder(shop);
    const paymentIntentId = `pi_${orderId}`;
    await shop.ledger.releaseStock([
      {
        ...{ orderId, order, status: 'expired', reason: 'payment_deadline' },
        payment: {
          attempt: 1,
          status: 'refunded',
          paymentIntentId,
          captured: 1_000,
          refunded: 1_000,
          ...changes,
        },
      },
    ]);
    return { orderId, paymentIntentId };
  }
  const reversal: ProviderRefundState = { providerRefundId: 're_reversal', ours: true, amount: 1_000 };

  describe('the reversal of the payment of an order that has failed', () => {
    it('is no refund by somebody else, and nothing follows', async () => {
      const payment = await reversed();
      const before = await eventsOf(shop, payment.orderId);
      const { orderId, paymentIntentId } = payment;
      for (const time of [1, 2])
        assert.deepEqual(
          await reconcile(payment, [reversal]),
          { orderId, paymentIntentId, outcome: 'recorded', currency: 'EUR' },
          `time ${time}`,
        );
      const { status, payment: recorded, refunds } = await viewOf(shop, orderId);
      assert.deepEqual([status, recorded.refunded, refunds], ['expired', 1_000, []]);
      assert.deepEqual(await eventsOf(shop, orderId), before);
    });

    it('in parts is no refund by somebody else either', async () => {
      const payment = await reversed();
      const parts = [300, 700].map((amount) => ({ ...reversal, providerRefundId: `re_${amount}`, amount }));
      const { refunds, excess } = await reconcile(payment, parts);
      assert.deepEqual([refunds, excess], [undefined, undefined]);
      assert.deepEqual((await viewOf(shop, payment.orderId)).refunds, []);
    });

    it('that an operator has resolved may be found as a refund in the dashboard', async () => {
      const payment = await reversed({ settledByHand: 'resolve' });
      const made = { providerRefundId: `re_by_hand_${payment.orderId}`, amount: 1_000 };
      const { refunds, excess } = await reconcile(payment, [made]);
      assert.deepEqual([refunds, excess], [undefined, undefined]);
      assert.deepEqual((await viewOf(shop, payment.orderId)).refunds, []);
    });

    it('is told from a refund in the dashboard beside it', async () => {
      const payment = await reversed();
      const made = [reversal, { providerRefundId: `re_dashboard_${payment.orderId}`, amount: 200 }];
      const first = await reconcile(payment, made);
      assert.deepEqual([first.refunds?.length, first.excess], [1, 200]);
      const again = await reconcile(payment, made);
      assert.deepEqual([again.refunds, again.excess], [undefined, undefined]);
      assert.deepEqual(
        (await viewOf(shop, payment.orderId)).refunds.map(({ kind, amount }) => [kind, amount]),
        [['provider', 200]],
      );
    });
  });

  const dashboard = ({ orderId }: Payment, amount: number, n = 1): ProviderRefundState => ({
    providerRefundId: `re_${n}_${orderId}`,
    amount,
  });
  const refundOf = ({ orderId }: Payment, amount: number, n = 1): RefundCommand => ({
    refundId: `${orderId}/refunds/${n}`,
    orderId,
    amount,
    requestHash: 'a'.repeat(64),
  });
  const begin = async (refund: RefundCommand): Promise<void> => {
    const [begun] = await shop.ledger.beginRefund([refund]);
    assert.equal(begun?.outcome, 'booked');
  };
  const finish = ({ orderId, refundId }: RefundCommand, status: 'skipped' | 'resolved') =>
    shop.ledger.finishRefund([{ orderId, refundId, status }]);
  const refundsOf = async ({ orderId }: Payment) => {
    const { payment, refunds } = await viewOf(shop, orderId);
    return [payment.refunded, ...refunds.map(({ kind, amount, status }) => [kind, amount, status])];
  };
  const lastRefundEvent = async ({ orderId }: Payment) => {
    const events = await shop.reader.events(orderId);
    const { type, data } = events.filter((each) => 'refund' in each.data).at(-1) ?? {};
    return [type?.split('.').at(-2), data?.['refund']];
  };

  describe('a refund in the dashboard instead of one of ours', () => {
    const vouched = async ({ orderId }: Payment) => {
      const { rows } = await shop.pool.query<{ refunded: number; kept: number }>(
        'select vouched_refunded as refunded, vouched_kept as kept from payments where order_id = $1',
        [orderId],
      );
      return [Number(rows[0]?.refunded), Number(rows[0]?.kept)];
    };

    for (const status of ['resolved', 'skipped'] as const)
      it(`is that refund when an operator has it ${status}, and is counted once`, async () => {
        const payment = await paidOrder(shop);
        const refund = refundOf(payment, 400);
        await begin(refund);
        await reconcile(payment, [dashboard(payment, 400)]);
        await finish(refund, status);
        assert.deepEqual(await refundsOf(payment), [
          400,
          ['requested', 400, 'skipped'],
          ['provider', 400, 'succeeded'],
        ]);
        const madeBy = `${payment.orderId}/refunds/provider/re_1_${payment.orderId}`;
        assert.deepEqual(await lastRefundEvent(payment), [
          'refund_skipped',
          { refundId: refund.refundId, amount: 400, status: 'skipped', madeBy },
        ]);
        assert.deepEqual(await vouched(payment), [0, 0]);
      });

    it('is for the pieces of that refund', async () => {
      const payment = await paidOrder(shop);
      const refund = { ...refundOf(payment, 0), lines: [{ line: 1, quantity: 1 }] };
      const { amount, ...byLine } = refund;
      assert.equal(amount, 0);
      await begin(byLine);
      await reconcile(payment, [dashboard(payment, 1_000)]);
      await finish(byLine, 'resolved');
      const { lines, refunds } = await viewOf(shop, payment.orderId);
      assert.deepEqual(
        lines.map(({ refunded, refundedAmount }) => [refunded, refundedAmount]),
        [[1, 1_000]],
      );
      assert.deepEqual(refunds.at(-1)?.lines, [{ line: 1, quantity: 1, amount: 1_000 }]);
    });

    it('is only as many refunds as its amount pays for', async () => {
      const payment = await paidOrder(shop);
      const [first, second] = [refundOf(payment, 300, 1), refundOf(payment, 200, 2)];
      await begin(first);
      await begin(second);
      await reconcile(payment, [dashboard(payment, 400)]);
      await finish(first, 'resolved');
      await finish(second, 'resolved');
      assert.deepEqual(await refundsOf(payment), [
        600,
        ['requested', 300, 'skipped'],
        ['requested', 200, 'resolved'],
        ['provider', 400, 'succeeded'],
      ]);
    });

    it('is another one if it is of less, or was made before', async () => {
      const payment = await paidOrder(shop);
      await reconcile(payment, [dashboard(payment, 300)]);
      const refund = refundOf(payment, 200);
      await begin(refund);
      await reconcile(payment, [dashboard(payment, 300), dashboard(payment, 100, 2)]);
      await finish(refund, 'resolved');
      assert.equal((await viewOf(shop, payment.orderId)).payment.refunded, 600);
      assert.deepEqual(await vouched(payment), [200, 0]);
    });

    it('that is made after an operator has resolved ours is that one, and another is not', async () => {
      const payment = await paidOrder(shop);
      const refund = refundOf(payment, 400);
      await begin(refund);
      await finish(refund, 'resolved');
      for (const time of [1, 2]) {
        const { refunds } = await reconcile(payment, [dashboard(payment, 400)]);
        assert.deepEqual(refunds, undefined, `time ${time}`);
      }
      assert.deepEqual(await refundsOf(payment), [400, ['requested', 400, 'succeeded']]);
      const providerRefundId = `re_1_${payment.orderId}`;
      assert.deepEqual(await lastRefundEvent(payment), [
        'payment_reconciled',
        { refundId: refund.refundId, amount: 400, status: 'succeeded', providerRefundId },
      ]);
      assert.deepEqual(await vouched(payment), [0, 0]);
      await reconcile(payment, [dashboard(payment, 400), dashboard(payment, 400, 2)]);
      assert.equal((await viewOf(shop, payment.orderId)).payment.refunded, 800);
    });

    it('ends ours when the provider refuses it because too little is left', async () => {
      const payment = await paidOrder(shop);
      const refund = refundOf(payment, 600);
      await begin(refund);
      await reconcile(payment, [dashboard(payment, 600)], { refusedRefundId: refund.refundId });
      assert.deepEqual(await refundsOf(payment), [
        600,
        ['requested', 600, 'skipped'],
        ['provider', 600, 'succeeded'],
      ]);
      const [type, data] = await lastRefundEvent(payment);
      assert.equal(type, 'refund_skipped');
      assert.match(JSON.stringify(data), /"madeBy":/);
    });

    it('is no reason to give back the rest when the provider refuses the refund of a return', async () => {
      const payment = await paidOrder(shop);
      const { orderId } = payment;
      const refund = { ...refundOf(payment, 600), kind: 'return' } as const;
      await begin(refund);
      await reconcile(payment, [dashboard(payment, 600)], { refusedRefundId: refund.refundId });
      assert.equal((await viewOf(shop, orderId)).payment.refunded, 600);
      assert.deepEqual((await refundsOf(payment))[1], ['return', 600, 'skipped']);
    });
  });

  describe('a refund in the dashboard that fails', () => {
    const failing = (payment: Payment, n = 1): Partial<ProviderPaymentState> => ({
      failedRefunds: [`re_${n}_${payment.orderId}`],
    });

    it('concerns an operator until as much has gone back again', async () => {
      const payment = await paidOrder(shop);
      const { orderId, paymentIntentId } = payment;
      await reconcile(payment, [dashboard(payment, 400)]);
      await reconcile(payment, [], failing(payment));
      const step = `checkPayment ${paymentIntentId}`;
      const workflowId = `order/${orderId}/reconciliation`;
      const reason = 'RefundReturned: it is with the shop again';
      await shop.ledger.parkStep([{ orderId, workflowId, step, reason, attempts: 1, actions: ['retry'] }]);
      const isSettled = async () =>
        (await createOrderCarriers(shop.pool).settledConcerns(1_000)).some(
          (each) => each.orderId === orderId,
        );
      await reconcile(payment, [dashboard(payment, 300, 2)]);
      assert.equal(await isSettled(), false);
      await reconcile(payment, [dashboard(payment, 300, 2), dashboard(payment, 100, 3)]);
      assert.equal(await isSettled(), true);
    });

    it('counts no more, once, and an operator is told', async () => {
      const payment = await paidOrder(shop);
      const { orderId } = payment;
      await reconcile(payment, [dashboard(payment, 400)]);
      for (const attempt of [1, 2]) {
        const { returned } = await reconcile(payment, [], { ...failing(payment), requestId: 'a' });
        assert.equal(returned, 400, `attempt ${attempt}`);
      }
      assert.deepEqual(await refundsOf(payment), [0, ['provider', 400, 'skipped']]);
      assert.deepEqual(await lastRefundEvent(payment), [
        'refund_failed',
        {
          refundId: `${orderId}/refunds/provider/re_1_${orderId}`,
          amount: 400,
          status: 'skipped',
          providerRefundId: `re_1_${orderId}`,
        },
      ]);
      const events = await eventsOf(shop, orderId);
      assert.equal(events.at(-1), 'payment_reconciled');
      assert.equal((await reconcile(payment, [], failing(payment))).returned, undefined);
      // An older answer.
      assert.equal((await reconcile(payment, [dashboard(payment, 400)])).refunds, undefined);
      assert.deepEqual(await eventsOf(shop, orderId), events);
      assert.equal((await viewOf(shop, orderId)).payment.refunded, 0);
    });

    it('makes the order what it was before, so that it can be refunded again', async () => {
      const payment = await paidOrder(shop);
      const { orderId } = payment;
      await reconcile(payment, [dashboard(payment, 1_000)]);
      assert.equal((await viewOf(shop, orderId)).status, 'refunded');
      const { returned, refundTotal } = await reconcile(payment, [], failing(payment));
      assert.deepEqual([returned, refundTotal], [1_000, undefined]);
      const { status, payment: recorded } = await viewOf(shop, orderId);
      assert.deepEqual([status, recorded.status, recorded.refunded], ['paid', 'succeeded', 0]);
      await begin(refundOf(payment, 1_000));
      await shop.ledger.finishRefund([{ ...refundOf(payment, 1_000), status: 'succeeded' }]);
      assert.equal((await viewOf(shop, orderId)).status, 'refunded');
    });

    it('leaves what went back otherwise', async () => {
      const payment = await paidOrder(shop);
      const made = [dashboard(payment, 300), dashboard(payment, 700, 2)];
      await reconcile(payment, made);
      assert.equal((await reconcile(payment, made.slice(0, 1), failing(payment, 2))).returned, 700);
      const { status, payment: recorded } = await viewOf(shop, payment.orderId);
      assert.deepEqual([status, recorded.refunded], ['paid', 300]);
    });

    it('and is made again there is one refund', async () => {
      const payment = await paidOrder(shop);
      await reconcile(payment, [dashboard(payment, 1_000)]);
      const { returned, refunds } = await reconcile(
        payment,
        [dashboard(payment, 1_000, 2)],
        failing(payment),
      );
      assert.deepEqual([returned, refunds], [undefined, [2]]);
      assert.deepEqual((await viewOf(shop, payment.orderId)).status, 'refunded');
      assert.deepEqual((await refundsOf(payment))[0], 1_000);
    });

    it('beyond what was captured changes nothing else', async () => {
      const payment = await reversed();
      await reconcile(payment, [reversal, dashboard(payment, 200)]);
      const { returned, refundTotal } = await reconcile(payment, [reversal], failing(payment));
      assert.deepEqual([returned, refundTotal], [undefined, undefined]);
      assert.deepEqual(await refundsOf(payment), [1_000, ['provider', 200, 'skipped']]);
    });

    it('is refunded by us where the order has ended without the payment', async () => {
      const payment = await reversed({ refunded: 0, status: 'succeeded' });
      await reconcile(payment, [dashboard(payment, 1_000)]);
      const { returned, refundTotal } = await reconcile(payment, [], failing(payment));
      assert.deepEqual([returned, refundTotal], [undefined, 1_000]);
    });

    it('is refunded by us where the payment was late', async () => {
      const { order, orderId } = await reservedOrder(shop);
      await shop.ledger.releaseStock([{ orderId, order, status: 'expired', reason: 'payment_deadline' }]);
      const payment = { orderId, paymentIntentId: `pi_${orderId}` };
      await reconcile(payment, [dashboard(payment, 1_000)]);
      assert.equal((await viewOf(shop, orderId)).payment.refunded, 1_000);
      assert.equal((await reconcile(payment, [], failing(payment))).refundTotal, 1_000);
      assert.equal((await viewOf(shop, orderId)).payment.refunded, 0);
    });

    it('takes its pieces with it', async () => {
      const payment = await paidOrder(shop);
      const { amount, ...refund } = { ...refundOf(payment, 0), lines: [{ line: 1, quantity: 1 }] };
      assert.equal(amount, 0);
      await begin(refund);
      await reconcile(payment, [dashboard(payment, 1_000)]);
      await finish(refund, 'resolved');
      await reconcile(payment, [], failing(payment));
      const [line] = (await viewOf(shop, payment.orderId)).lines;
      assert.deepEqual([line?.refunded, line?.refundedAmount], [0, 0]);
    });
  });

  describe('a refund of ours that has failed, and that somebody makes in the dashboard instead', () => {
    const refundsOf = async ({ orderId }: Payment) => {
      const { refunds, payment } = await viewOf(shop, orderId);
      return [payment.refunded, ...refunds.map(({ kind, amount, status }) => [kind, amount, status])];
    };
    async function cancelled(): Promise<Payment & { refundId: string }> {
      const payment = await paidOrder(shop);
      const { orderId } = payment;
      await shop.ledger.beginCancellation([{ orderId, reason: 'changed_my_mind' }]);
      await shop.ledger.finishCancellation([{ orderId, reason: 'changed_my_mind', refund: 'succeeded' }]);
      return { ...payment, refundId: `${orderId}/cancellation` };
    }

    it('counts once, and nobody is told that too much has gone back', async () => {
      const payment = await cancelled();
      for (const time of [1, 2]) {
        const result = await reconcile(payment, [dashboard(payment, 1_000)], {
          returnedRefunds: [payment.refundId],
        });
        assert.deepEqual(
          [result.excess, result.notReplaced, result.refunds, result.refundTotal],
          [undefined, { [payment.refundId]: 0 }, time === 1 ? [2] : undefined, undefined],
        );
      }
      assert.deepEqual(await refundsOf(payment), [
        1_000,
        ['cancellation', 1_000, 'skipped'],
        ['provider', 1_000, 'succeeded'],
      ]);
      const broken = await brokenRules(shop.pool, MONEY_RULES);
      assert.deepEqual(
        broken.filter(({ orderId }) => orderId === payment.orderId),
        [],
      );
    });

    it('is what is left of it where the other one is of less', async () => {
      const payment = await cancelled();
      const returnedRefunds = [payment.refundId];
      const first = await reconcile(payment, [dashboard(payment, 300)], { returnedRefunds });
      assert.deepEqual([first.excess, first.notReplaced], [undefined, { [payment.refundId]: 700 }]);
      const made = [dashboard(payment, 300), dashboard(payment, 700, 2)];
      const second = await reconcile(payment, made, { returnedRefunds });
      assert.deepEqual([second.excess, second.notReplaced], [undefined, { [payment.refundId]: 0 }]);
      assert.equal((await refundsOf(payment))[0], 1_000);
    });

    it('is for the pieces of ours', async () => {
      const payment = await paidOrder(shop);
      const { orderId, refundId, requestHash } = refundOf(payment, 0);
      const refund = { orderId, refundId, requestHash, lines: [{ line: 1, quantity: 1 }] };
      await shop.ledger.beginRefund([refund]);
      await shop.ledger.finishRefund([{ ...refund, status: 'succeeded' }]);
      await reconcile(payment, [dashboard(payment, 1_000)], { returnedRefunds: [refund.refundId] });
      const { lines } = await viewOf(shop, payment.orderId);
      assert.deepEqual([lines[0]?.refunded, lines[0]?.refundedAmount], [1, 1_000]);
      const { rows } = await shop.pool.query(
        'select lines from refunds where order_id = $1 and status = $2',
        [payment.orderId, 'succeeded'],
      );
      assert.deepEqual(rows, [{ lines: [{ line: 1, quantity: 1, amount: 1_000 }] }]);
    });

    it('is another one while ours is not known to have failed', async () => {
      const payment = await cancelled();
      assert.equal((await reconcile(payment, [dashboard(payment, 200)])).excess, 200);
    });
  });
});
