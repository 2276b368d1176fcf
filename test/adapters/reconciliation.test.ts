import assert from 'node:assert/strict';
import type { ProviderPaymentState, ReconciledPayment } from '../../src/contracts/temporal/reconciliation.ts';
import { authorizedOrder, paidOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('reconciled payments in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  async function reconcile(said: ProviderPaymentState): Promise<Partial<ReconciledPayment>> {
    const [{ refunds, ended, missing, excess } = {}] = await shop.ledger.reconcilePayment([said]);
    return JSON.parse(JSON.stringify({ refunds, ended, missing, excess })) as Partial<ReconciledPayment>;
  }

  describe('tell of the money that is no longer held', () => {
    const said = (
      payment: { orderId: string; paymentIntentId: string },
      captured: number,
    ): ProviderPaymentState => ({ ...payment, captured, capturable: 0, status: 'succeeded', refunds: [] });

    it('where somebody has captured a part and released the rest', async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      const found = await reconcile(said({ orderId, paymentIntentId }, 300));
      assert.deepEqual(found, { ended: 'released', missing: 700 });
    });

    it('where the rest has expired after a part was captured', async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      await shop.ledger.reconcilePayment([
        { orderId, paymentIntentId, captured: 300, capturable: 700, status: 'authorized', refunds: [] },
      ]);
      assert.deepEqual(await reconcile(said({ orderId, paymentIntentId }, 300)), {
        ended: 'released',
        missing: 700,
      });
    });

    it('and not where all of it was captured', async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      assert.deepEqual(await reconcile(said({ orderId, paymentIntentId }, 1_000)), {});
    });
  });

  describe('return what an earlier attempt of the same request has changed', () => {
    it('of a refund by somebody else, so that the customer gets a mail although the answer was lost', async () => {
      const { orderId, paymentIntentId } = await paidOrder(shop);
      const refund = (n: number) => ({ providerRefundId: `re_${orderId}_${n}`, amount: 300 });
      const said = (requestId: string, ...refunds: ProviderPaymentState['refunds'] & object) =>
        ({ orderId, paymentIntentId, captured: 1_000, capturable: 0, requestId, refunds }) as const;
      assert.deepEqual(await reconcile(said('a', refund(1))), { refunds: [1] });
      assert.deepEqual(await reconcile(said('a', refund(1))), { refunds: [1] });
      assert.deepEqual(await reconcile(said('a', refund(1), refund(2))), { refunds: [1, 2] });
      assert.deepEqual(await reconcile(said('a', refund(1), refund(2))), { refunds: [1, 2] });
      assert.deepEqual(await reconcile(said('b', refund(1), refund(2))), {});
      assert.equal((await viewOf(shop, orderId)).payment.refunded, 600);
    });

    it('of an authorisation that was released, so that the operator is told although the answer was lost', async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      const said = (requestId: string): ProviderPaymentState => ({
        ...{
          orderId,
          paymentIntentId,
          captured: 0,
          capturable: 0,
          status: 'cancelled',
          refunds: [],
          requestId,
        },
      });
      const released = { ended: 'released', missing: 1_000 };
      assert.deepEqual(await reconcile(said('a')), released);
      assert.deepEqual(await reconcile(said('a')), released);
      assert.deepEqual(await reconcile(said('b')), {});
    });
  });
});
