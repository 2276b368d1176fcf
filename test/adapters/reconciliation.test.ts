import assert from 'node:assert/strict';
import type {
  ProviderPaymentState,
  ProviderRefundState,
  ReconciledPayment,
} from '../../src/contracts/temporal/reconciliation.ts';
import { eventsOf, reservedOrder, viewOf, type LedgerOrder } from '../support/paid-orders.ts';
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
  async function reversed(): Promise<Payment> {
    const { order, orderId } = await reservedOrder(shop);
    const paymentIntentId = `pi_${orderId}`;
    await shop.ledger.releaseStock([
      {
        ...{ orderId, order, status: 'expired', reason: 'payment_deadline' },
        payment: { attempt: 1, status: 'refunded', paymentIntentId, captured: 1_000, refunded: 1_000 },
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
});
