import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { createDisputeStore, type DisputeFilter } from '../../src/adapters/postgres/dispute-store.ts';
import type { ProviderDispute } from '../../src/contracts/temporal/disputes.ts';
import type { RefundCommand, RefundResult } from '../../src/contracts/temporal/operations.ts';
import {
  authorizedOrder,
  eventsOf,
  paidOrder,
  reservedOrder,
  viewOf,
  type LedgerOrder,
} from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const DUE = '2030-01-10T00:00:00.000Z';

describe('disputes in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const disputeOf = ({ orderId }: LedgerOrder, changes: Partial<ProviderDispute> = {}): ProviderDispute => ({
    disputeId: `du_${orderId}`,
    amount: 1_000,
    currency: 'EUR',
    reason: 'fraudulent',
    status: 'needs_response',
    evidenceDueAt: DUE,
    fundsWithdrawn: true,
    openedAt: '2030-01-01T00:00:00.000Z',
    ...changes,
  });

  /** Records what the provider said on the given day of the month. */
  const record = (order: LedgerOrder, day: number, ...disputes: ProviderDispute[]) =>
    shop.ledger.recordDisputes([
      { orderId: order.orderId, paymentIntentId: order.paymentIntentId, asOf: asOfDay(day), disputes },
    ]);
  const asOfDay = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();

  const eventsAfterPaid = async ({ orderId }: LedgerOrder): Promise<string[]> =>
    (await eventsOf(shop, orderId)).slice(3);

  async function refund(order: LedgerOrder, changes: Partial<RefundCommand> = {}): Promise<RefundResult> {
    const refundId = `${order.orderId}/refunds/${changes.kind ?? 'requested'}/${changes.amount ?? 'all'}`;
    const command = { refundId, orderId: order.orderId, requestHash: 'a'.repeat(64), ...changes };
    const [result] = await shop.ledger.beginRefund([command]);
    assert.ok(result);
    return result;
  }

  it('are shown on the order, with the money that they have taken and the deadline', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order));
    const { status, payment, disputes, attention } = await viewOf(shop, order.orderId);
    assert.deepEqual(
      [status, payment.captured, payment.refunded, payment.disputed],
      ['paid', 1_000, 0, 1_000],
    );
    const [dispute, ...others] = disputes;
    assert.ok(dispute && others.length === 0);
    const { updatedAt, ...shown } = dispute;
    assert.ok(Date.parse(updatedAt) > 0);
    assert.deepEqual(shown, {
      disputeId: `du_${order.orderId}`,
      orderId: order.orderId,
      paymentIntentId: order.paymentIntentId,
      amount: 1_000,
      currency: 'EUR',
      reason: 'fraudulent',
      status: 'needs_response',
      evidenceDueAt: DUE,
      fundsWithdrawn: true,
      openedAt: '2030-01-01T00:00:00.000Z',
    });
    assert.deepEqual(
      [attention?.step, attention?.deadline, attention?.actions],
      ['respondToDispute', DUE, ['retry']],
    );
    assert.deepEqual(await eventsAfterPaid(order), ['dispute_created', 'attention_raised']);
    const [event] = (await shop.reader.events(order.orderId)).slice(3);
    assert.deepEqual(event?.data['dispute'], {
      disputeId: `du_${order.orderId}`,
      paymentIntentId: order.paymentIntentId,
      amount: 1_000,
      currency: 'EUR',
      reason: 'fraudulent',
      status: 'needs_response',
      evidenceDueAt: DUE,
      fundsWithdrawn: true,
    });
  });

  it('recorded twice are one event', async () => {
    const order = await paidOrder(shop);
    for (const day of [1, 1, 2]) await record(order, day, disputeOf(order));
    assert.deepEqual(await eventsAfterPaid(order), ['dispute_created', 'attention_raised']);
  });

  it('need no attention once evidence is submitted, and are closed with their outcome', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order));
    await record(order, 2, disputeOf(order, { status: 'under_review' }));
    assert.equal((await viewOf(shop, order.orderId)).attention, null);
    await record(order, 3, disputeOf(order, { status: 'lost' }));
    const { payment, disputes } = await viewOf(shop, order.orderId);
    assert.deepEqual(
      [disputes[0]?.status, disputes[0]?.outcome, disputes[0]?.closedAt !== undefined],
      ['lost', 'lost', true],
    );
    assert.equal(payment.captured - payment.refunded - payment.disputed, 0);
    assert.deepEqual(await eventsAfterPaid(order), [
      'dispute_created',
      'attention_raised',
      'dispute_updated',
      'attention_cleared',
      'dispute_closed',
    ]);
  });

  it('that are first heard of when they are closed are created and closed', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order, { status: 'lost' }));
    assert.deepEqual(await eventsAfterPaid(order), ['dispute_created', 'dispute_closed']);
  });

  it('are not set back by an answer that was asked for earlier, which has to be asked for again', async () => {
    const order = await paidOrder(shop);
    const won = disputeOf(order, { status: 'won', fundsWithdrawn: false });
    await record(order, 3, won);
    const [older] = await record(order, 2, disputeOf(order));
    assert.equal(older?.outdated, true);
    const { payment, disputes, attention } = await viewOf(shop, order.orderId);
    assert.deepEqual([disputes[0]?.status, payment.disputed, attention], ['won', 0, null]);
    assert.deepEqual(await eventsAfterPaid(order), ['dispute_created', 'dispute_closed']);
    assert.equal((await record(order, 2, won))[0]?.outdated, undefined, 'it says the same');
  });

  it('are not held back by a clock that is ahead', async () => {
    const order = await paidOrder(shop);
    const { orderId, paymentIntentId } = order;
    const recordAt = (asOf: Date, dispute: ProviderDispute) =>
      shop.ledger.recordDisputes([
        { orderId, paymentIntentId, asOf: asOf.toISOString(), disputes: [dispute] },
      ]);
    await recordAt(new Date(Date.now() + 3_600_000), disputeOf(order));
    await setTimeout(5);
    await recordAt(new Date(), disputeOf(order, { status: 'won' }));
    assert.equal((await viewOf(shop, orderId)).disputes[0]?.status, 'won');
  });

  it('may still be won after they were lost, and the money comes back', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order, { status: 'lost' }));
    await record(order, 2, disputeOf(order, { status: 'won' }));
    assert.equal((await viewOf(shop, order.orderId)).payment.disputed, 0);
    await record(order, 3, disputeOf(order, { status: 'won', fundsWithdrawn: false }));
    assert.deepEqual(await eventsAfterPaid(order), [
      'dispute_created',
      'dispute_closed',
      'dispute_closed',
      'dispute_updated',
    ]);
  });

  it('name the deadline that ends first, and the next one when that is answered', async () => {
    const order = await paidOrder(shop);
    const first = disputeOf(order, { disputeId: `du_1_${order.orderId}`, amount: 400 });
    const later = disputeOf(order, {
      disputeId: `du_2_${order.orderId}`,
      amount: 600,
      evidenceDueAt: '2030-01-20T00:00:00.000Z',
    });
    await record(order, 1, first, later);
    assert.equal((await viewOf(shop, order.orderId)).attention?.deadline, DUE);
    await record(order, 2, { ...first, status: 'under_review' }, later);
    const { attention, payment } = await viewOf(shop, order.orderId);
    assert.deepEqual([attention?.deadline, payment.disputed], [later.evidenceDueAt, 1_000]);
    assert.match(attention?.reason ?? '', /du_2_/);
  });

  it('refuse refunds while they are undecided and when they are lost, and allow them when they are won', async () => {
    const order = await paidOrder(shop);
    for (const [day, status] of [
      [1, 'needs_response'],
      [2, 'under_review'],
      [3, 'lost'],
    ] as const) {
      await record(order, day, disputeOf(order, { status, amount: 300 }));
      for (const changes of [{ amount: 100 }, {}, { lines: [{ line: 1, quantity: 1 }] }]) {
        const result = await refund(order, changes);
        assert.ok(result.outcome === 'refused');
        assert.deepEqual(
          [result.code, result.disputeId],
          ['payment_disputed', `du_${order.orderId}`],
          status,
        );
      }
    }
    await record(order, 4, disputeOf(order, { status: 'won', amount: 300 }));
    assert.equal((await refund(order)).outcome, 'booked');
  });

  it('refuse the cancellation of lines', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order));
    const result = await refund(order, {
      kind: 'line_cancellation',
      lines: [{ line: 1, quantity: 1 }],
    });
    assert.deepEqual(
      [result.outcome, result.outcome === 'refused' && result.code],
      ['refused', 'payment_disputed'],
    );
  });

  it('that are inquiries take no money, and allow refunds', async () => {
    const order = await paidOrder(shop);
    const inquiry = disputeOf(order, { status: 'warning_needs_response', fundsWithdrawn: false });
    await record(order, 1, inquiry);
    const { payment, attention } = await viewOf(shop, order.orderId);
    assert.deepEqual([payment.disputed, attention?.step], [0, 'respondToDispute']);
    assert.equal((await refund(order, { amount: 400 })).outcome, 'booked');
    await record(order, 2, { ...inquiry, status: 'warning_closed' });
    const closed = await viewOf(shop, order.orderId);
    assert.deepEqual([closed.disputes[0]?.outcome, closed.attention], ['warning_closed', null]);
  });

  it('of a status that is not known yet are open, and refuse refunds', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order, { status: 'arbitration' }));
    const { disputes, attention } = await viewOf(shop, order.orderId);
    assert.deepEqual([disputes[0]?.outcome, attention], [undefined, null]);
    assert.equal((await refund(order)).outcome, 'refused');
  });

  it('that are undecided leave the refund of a return to an operator, and that are lost leave nothing to refund', async () => {
    const open = await paidOrder(shop);
    await record(open, 1, disputeOf(open));
    const lines = [{ line: 1, quantity: 1 }];
    const pending = await refund(open, { kind: 'return', lines });
    assert.ok(pending.outcome === 'booked');
    assert.deepEqual([pending.amount, pending.status], [1_000, 'pending']);
    const lost = await paidOrder(shop);
    await record(lost, 1, disputeOf(lost, { status: 'lost', amount: 600 }));
    const rest = await refund(lost, { kind: 'return', lines });
    assert.ok(rest.outcome === 'booked');
    assert.equal(rest.amount, 400);
  });

  it('that are undecided refuse the cancellation, and that are lost are not refunded by it', async () => {
    const order = await paidOrder(shop);
    const cancel = async () =>
      (await shop.ledger.beginCancellation([{ orderId: order.orderId, reason: 'fraud' }]))[0];
    await record(order, 1, disputeOf(order, { amount: 600 }));
    const refused = await cancel();
    assert.deepEqual(
      [refused?.outcome, refused?.code, refused?.disputeId, refused?.orderStatus],
      ['refused', 'payment_disputed', `du_${order.orderId}`, 'paid'],
    );
    await record(order, 2, disputeOf(order, { amount: 600, status: 'lost' }));
    const begun = await cancel();
    assert.deepEqual([begun?.outcome, begun?.refund?.amount], ['begun', 400]);
  });

  it('that have taken everything let the order be cancelled without a refund', async () => {
    const order = await paidOrder(shop);
    await record(order, 1, disputeOf(order, { status: 'lost' }));
    const cancellation = { orderId: order.orderId, reason: 'fraud' };
    const [begun] = await shop.ledger.beginCancellation([cancellation]);
    assert.deepEqual([begun?.outcome, begun?.refund], ['begun', undefined]);
    await shop.ledger.finishCancellation([cancellation]);
    const { status, payment } = await viewOf(shop, order.orderId);
    assert.deepEqual(
      [status, payment.captured, payment.refunded, payment.disputed],
      ['cancelled', 1_000, 0, 1_000],
    );
    assert.deepEqual(await shop.stock(order.sku), { available: 10, held: 0, sold: 0 });
  });

  it('leave a cancellation alone that has begun', async () => {
    const order = await paidOrder(shop);
    const cancellation = { orderId: order.orderId, reason: 'fraud' };
    await shop.ledger.beginCancellation([cancellation]);
    await record(order, 1, disputeOf(order));
    const [again] = await shop.ledger.beginCancellation([cancellation]);
    assert.deepEqual([again?.outcome, again?.refund?.amount], ['begun', 1_000]);
  });

  it('may be heard of before the order is paid', async () => {
    const { orderId, sku } = await reservedOrder(shop);
    const order = { orderId, sku, paymentIntentId: `pi_${orderId}` };
    await record(order, 1, disputeOf(order));
    const payment = { attempt: 1, paymentIntentId: order.paymentIntentId };
    await shop.ledger.confirmOrder([
      { orderId, payment: { ...payment, status: 'succeeded', captured: 1_000 } },
    ]);
    const view = await viewOf(shop, orderId);
    assert.deepEqual([view.status, view.payment.disputed, view.disputes.length], ['paid', 1_000, 1]);
  });

  it('of an order that does not exist are not recorded', async () => {
    const order = { orderId: 'ord_unknown', sku: '', paymentIntentId: 'pi_unknown' };
    assert.deepEqual(await record(order, 1, disputeOf(order)), [{ orderId: 'ord_unknown' }]);
    const { rows } = await shop.pool.query("select from disputes where order_id = 'ord_unknown'");
    assert.equal(rows.length, 0);
  });

  it('are listed by page, newest first, by status and by deadline, for their own client only', async () => {
    const store = createDisputeStore(shop.pool);
    await shop.pool.query('delete from disputes');
    const orders = [await paidOrder(shop), await authorizedOrder(shop), await paidOrder(shop)];
    for (const [index, order] of orders.entries()) {
      const day = String(index + 1).padStart(2, '0');
      const openedAt = `2031-01-${day}T00:00:00.000Z`;
      const status = index === 2 ? 'under_review' : 'needs_response';
      await record(
        order,
        1,
        disputeOf(order, { openedAt, evidenceDueAt: `2031-02-${day}T00:00:00.000Z`, status }),
      );
    }
    const ids = orders.map(({ orderId }) => orderId);
    const { clientId } = (await shop.reader.find(ids[0] ?? '')) ?? { clientId: '' };
    const listed = async (filter: Partial<DisputeFilter> = {}) =>
      (await store.list({ clientId, limit: 10, ...filter })).map(({ orderId }) => ids.indexOf(orderId));
    assert.deepEqual(await listed(), [2, 1, 0]);
    assert.deepEqual(await listed({ limit: 1 }), [2]);
    assert.deepEqual(await listed({ after: `du_${ids[2] ?? ''}` }), [1, 0]);
    assert.deepEqual(await listed({ status: 'under_review' }), [2]);
    assert.deepEqual(await listed({ dueBefore: '2031-02-01T12:00:00.000Z' }), [0]);
    assert.deepEqual(await listed({ clientId: 'another' }), []);
  });
});
