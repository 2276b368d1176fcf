import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createBatchStore, type BatchStore } from '../../src/adapters/postgres/batch-store.ts';
import { batchIdOf } from '../../src/batches/batch-id.ts';
import type { BatchAction } from '../../src/contracts/batches.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { paidOrder, reservedOrder } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { shippingShop } from '../support/shipments.ts';

const ALL = { quantity: 1, line: 1 };

/** What the operation of an order would refuse, the dry run leaves out, so that the number that an operator confirms is what happens. */
describe('the dry run of a batch', function () {
  this.timeout(120_000);
  let shop: Shop;
  let store: BatchStore;
  const { clientId } = checkoutOrder();

  before(async () => {
    shop = await openShop();
    store = createBatchStore(shop.pool);
  });
  after(() => shop.close());

  /** Why the order would be left out, and the money that would go out. */
  async function planned(
    action: BatchAction,
    orderId: string,
  ): Promise<[reason: string | undefined, out: number | undefined]> {
    const batchId = batchIdOf(clientId, randomUUID());
    const requestedBy = { clientId, keyId: 'test' };
    await store.plan({ batchId, requestedBy, requestHash: '', action, source: { orderIds: 1 } }, [orderId]);
    const [item] = await store.items({ batchId, limit: 1 });
    return [item?.reason, item?.moneyOut];
  }

  it('leaves out a review that is decided', async () => {
    const { orderId } = await reservedOrder(shop);
    await shop.ledger.recordReview([
      {
        orderId,
        event: 'in_review',
        status: 'in_review',
        reasons: ['total_above_limit'],
        deadlineMs: 60_000,
      },
    ]);
    assert.deepEqual(await planned('approve', orderId), [undefined, undefined]);
    await shop.ledger.recordReview([
      { orderId, event: 'review_rejected', status: 'in_review', decision: 'reject' },
    ]);
    for (const action of ['approve', 'reject'] as const)
      assert.deepEqual(await planned(action, orderId), ['already_decided', undefined], action);
  });

  it('cancels no order of which something is handed over to the carrier', async () => {
    const shipping = shippingShop(shop);
    const orderId = await shipping.order([{ sku: await shop.item(5), quantity: 2 }]);
    assert.deepEqual(await planned('cancel', orderId), [undefined, 2_000]);
    await shipping.report(orderId, 'one', [ALL]);
    assert.deepEqual(await planned('cancel', orderId), ['too_late', 2_000]);
  });

  it('gives no money back of a payment that is disputed', async () => {
    const { orderId, paymentIntentId } = await paidOrder(shop);
    const dispute = {
      disputeId: `du_${orderId}`,
      amount: 400,
      currency: 'EUR',
      reason: 'fraudulent',
      status: 'needs_response',
      fundsWithdrawn: true,
      openedAt: '2026-01-01T00:00:00.000Z',
    };
    const asOf = new Date().toISOString();
    await shop.ledger.recordDisputes([{ orderId, paymentIntentId, asOf, disputes: [dispute] }]);
    for (const action of ['refund', 'cancel'] as const)
      assert.equal((await planned(action, orderId))[0], 'payment_disputed', action);
  });

  it('counts the money of a refund once that is on its way already', async () => {
    const { orderId } = await paidOrder(shop);
    const refund = { refundId: `${orderId}/refunds/1`, orderId, requestHash: 'a'.repeat(64) };
    await shop.ledger.beginRefund([{ ...refund, amount: 300 }]);
    assert.deepEqual(await planned('refund', orderId), [undefined, 700]);
    const { orderId: other } = await paidOrder(shop);
    await shop.ledger.beginRefund([
      { ...refund, refundId: `${other}/refunds/1`, orderId: other, amount: 1_000 },
    ]);
    assert.deepEqual(await planned('refund', other), ['nothing_left', undefined]);
    assert.equal((await planned('cancel', orderId))[0], 'operation_in_progress');
  });

  it('knows no order of another client', async () => {
    const order = { ...checkoutOrder({ lines: [line(await shop.item(1))] }), clientId: 'somebody-else' };
    await shop.ledger.reserveStock([order]);
    assert.deepEqual(await planned('cancel', order.orderId), ['order_not_found', undefined]);
  });
});
