import assert from 'node:assert/strict';
import type {
  ReturnDecision,
  ReturnReceipt,
  ReturnRequestResult,
} from '../../src/contracts/temporal/returns.ts';
import { createReturnStore, type ReturnStore } from '../../src/adapters/postgres/return-store.ts';
import type { LineQuantity } from '../../src/contracts/http/shipments.ts';
import { eventsOf, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { deliver, handOver, paidOrderOf } from '../support/shipped-orders.ts';

const DAY_MS = 86_400_000;
const of = (line: number, quantity: number): LineQuantity => ({ line, quantity });

describe('returns in PostgreSQL', function () {
  this.timeout(120_000);
  let shop: Shop;
  let store: ReturnStore;
  let ids = 0;

  before(async () => {
    shop = await openShop();
    store = createReturnStore(shop.pool);
  });
  after(() => shop.close());

  async function delivered(quantity: number): Promise<{ orderId: string; sku: string }> {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity }]);
    await deliver(shop, orderId, [of(1, quantity)]);
    return { orderId, sku };
  }
  const request = (
    orderId: string,
    lines: LineQuantity[],
    returnId = `ret_${String((ids += 1)).padStart(32, '0')}`,
  ): Promise<ReturnRequestResult> =>
    store.request({ returnId, orderId, lines, windowMs: 14 * DAY_MS, requestHash: 'a'.repeat(64) });
  async function opened(orderId: string, lines: LineQuantity[]): Promise<string> {
    const { returnId, outcome } = await request(orderId, lines);
    assert.equal(outcome, 'booked');
    await store.decide({ returnId, action: 'open' });
    return returnId;
  }
  const receive = (returnId: string, lines: ReturnReceipt['lines'], receiptId = `receipt-${(ids += 1)}`) =>
    store.receive({ returnId, receiptId, refundId: `refund/${receiptId}`, lines });
  const decide = async (returnId: string, action: ReturnDecision['action']): Promise<string> => {
    const result = await store.decide({ returnId, action });
    return result.outcome === 'done' ? result.status : result.code;
  };
  const levelOf = async (sku: string): Promise<unknown> => {
    const { rows } = await shop.pool.query(
      `select available, unavailable, committed, sold from stock_levels where sku = $1`,
      [sku],
    );
    return rows[0];
  };

  it('are requested once for each id, of delivered pieces only', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 5 }]);
    await deliver(shop, orderId, [of(1, 2)]);
    await handOver(shop, orderId, [of(1, 1)]);
    const refused = await request(orderId, [of(1, 3)]);
    assert.ok(refused.outcome === 'refused');
    assert.deepEqual([refused.code, refused.lines], ['not_returnable', [{ line: 1, left: 2 }]]);
    const returnId = `ret_${'x'.repeat(32)}`;
    const results = await Promise.all([1, 2, 3].map(() => request(orderId, [of(1, 1)], returnId)));
    assert.deepEqual(
      results.map((result) => result.outcome === 'booked' && result.number),
      [1, 1, 1],
    );
    const second = await request(orderId, [of(1, 1)]);
    assert.ok(second.outcome === 'booked' && second.number === 2);
    assert.equal((await request(orderId, [of(1, 1)])).outcome, 'refused');
    const { returns } = await viewOf(shop, orderId);
    assert.deepEqual(
      returns.map(({ number, status, lines }) => [number, status, lines[0]?.quantity]),
      [
        [1, 'requested', 1],
        [2, 'requested', 1],
      ],
    );
  });

  it('never take more pieces than were delivered, however many are requested concurrently', async () => {
    const { orderId } = await delivered(4);
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => request(orderId, [of(1, 1)])));
    assert.equal(results.filter(({ outcome }) => outcome === 'booked').length, 4);
  });

  it('are refused after the time for returns, for the pieces that it is over for', async () => {
    const sku = await shop.item(10);
    const orderId = await paidOrderOf(shop, [{ sku, quantity: 5 }]);
    const old = await deliver(shop, orderId, [of(1, 3)]);
    await shop.pool.query(
      `update shipments set delivered_at = clock_timestamp() - interval '15 days' where shipment_id = $1`,
      [old],
    );
    await deliver(shop, orderId, [of(1, 2)]);
    const refused = await request(orderId, [of(1, 3)]);
    assert.ok(refused.outcome === 'refused');
    assert.deepEqual(refused.lines, [{ line: 1, left: 2 }]);
    assert.equal((await request(orderId, [of(1, 2)])).outcome, 'booked');
  });

  it('are decided once: open, declined or cancelled, and pieces of those that are over are free again', async () => {
    const { orderId } = await delivered(2);
    const first = await request(orderId, [of(1, 2)]);
    assert.equal(await decide(first.returnId, 'decline'), 'declined');
    assert.equal(await decide(first.returnId, 'decline'), 'declined');
    assert.equal(await decide(first.returnId, 'open'), 'return_state_conflict');
    const returnId = await opened(orderId, [of(1, 2)]);
    assert.equal(await decide(returnId, 'open'), 'open');
    assert.equal(await decide(returnId, 'cancel'), 'cancelled');
    const again = await opened(orderId, [of(1, 2)]);
    await receive(again, [{ ...of(1, 1), disposition: 'restocked' }]);
    assert.equal(await decide(again, 'cancel'), 'return_state_conflict');
    assert.equal(await decide('ret_none', 'open'), 'return_not_found');
    assert.deepEqual((await eventsOf(shop, orderId)).slice(-8), [
      'return_requested',
      'return_declined',
      'return_requested',
      'return_opened',
      'return_cancelled',
      'return_requested',
      'return_opened',
      'return_received',
    ]);
  });

  it('move the stock by what became of each piece', async () => {
    const { orderId, sku } = await delivered(5);
    const returnId = await opened(orderId, [of(1, 5)]);
    await receive(returnId, [
      { ...of(1, 2), disposition: 'restocked' },
      { ...of(1, 1), disposition: 'processing' },
      { ...of(1, 1), disposition: 'not_restocked' },
      { ...of(1, 1), disposition: 'missing' },
    ]);
    assert.deepEqual(await levelOf(sku), { available: 7, unavailable: 1, committed: 0, sold: 5 });
    const { lines, returns } = await viewOf(shop, orderId);
    assert.equal(lines[0]?.returned, 4);
    const [view] = returns;
    assert.ok(view);
    assert.deepEqual(view.lines, [{ line: 1, sku, quantity: 5, received: 4, missing: 1 }]);
    assert.deepEqual(
      view.receipts.map(({ disposition, quantity, refundId }) => [
        disposition,
        quantity,
        refundId !== undefined,
      ]),
      [
        ['missing', 1, false],
        ['not_restocked', 1, true],
        ['processing', 1, true],
        ['restocked', 2, true],
      ],
    );
    const work = await store.work(returnId);
    assert.deepEqual([work.received, work.complete], [true, true]);
    assert.deepEqual(
      work.refunds.map(({ lines: pieces, status }) => [
        pieces.reduce((sum, { quantity }) => sum + quantity, 0),
        status,
      ]),
      [[4, 'none']],
    );
  });

  it('are received once for each id, and another body under the same id is refused', async () => {
    const { orderId, sku } = await delivered(3);
    const returnId = await opened(orderId, [of(1, 3)]);
    const lines = [{ ...of(1, 2), disposition: 'restocked' as const }];
    await Promise.all([1, 2, 3].map(() => receive(returnId, lines, 'same')));
    assert.equal((await shop.stock(sku)).available, 9);
    const other = await receive(returnId, [{ ...of(1, 1), disposition: 'restocked' }], 'same');
    assert.ok(other.outcome === 'refused' && other.code === 'idempotency_key_reused');
    const more = await receive(returnId, [{ ...of(1, 2), disposition: 'restocked' }]);
    assert.ok(more.outcome === 'refused');
    assert.deepEqual([more.code, more.lines], ['quantity_exceeds_line', [{ line: 1, left: 1 }]]);
    const nowhere = await store.receive({
      ...{ returnId, receiptId: 'nowhere', refundId: 'nowhere', location: 'nowhere' },
      lines: [{ ...of(1, 1), disposition: 'restocked' }],
    });
    assert.ok(nowhere.outcome === 'refused' && nowhere.code === 'location_not_found');
    await decide(returnId, 'close');
    assert.equal((await receive(returnId, lines, 'same')).outcome, 'booked');
  });

  it('are received only while they are open, and reopened only while the pieces are with the customer', async () => {
    const { orderId } = await delivered(2);
    const returnId = await opened(orderId, [of(1, 2)]);
    await receive(returnId, [{ ...of(1, 1), disposition: 'restocked' }]);
    assert.equal(await decide(returnId, 'close'), 'closed');
    const late = await receive(returnId, [{ ...of(1, 1), disposition: 'restocked' }]);
    assert.ok(late.outcome === 'refused' && late.code === 'return_state_conflict');
    const other = await opened(orderId, [of(1, 1)]);
    assert.equal(await decide(returnId, 'reopen'), 'not_returnable');
    await decide(other, 'cancel');
    assert.equal(await decide(returnId, 'reopen'), 'open');
    await receive(returnId, [{ ...of(1, 1), disposition: 'missing' }]);
    assert.equal((await store.work(returnId)).complete, true);
  });

  it('refund what a receipt has brought back, as much as there is', async () => {
    const { orderId } = await delivered(3);
    const refund = async (id: string, changes: object) => {
      const refundId = `${orderId}/refund/${id}`;
      const [begun] = await shop.ledger.beginRefund([{ refundId, orderId, requestHash: '', ...changes }]);
      assert.ok(begun?.outcome === 'booked', JSON.stringify(begun));
      if (begun.status === 'pending')
        await shop.ledger.finishRefund([{ refundId, orderId, status: 'succeeded' }]);
      return begun.amount;
    };
    assert.equal(await refund('1', { kind: 'return', lines: [of(1, 1)] }), 1_000);
    assert.equal(await refund('2', { amount: 1_800 }), 1_800);
    assert.equal(await refund('3', { kind: 'return', lines: [of(1, 2)] }), 200);
    assert.equal((await viewOf(shop, orderId)).status, 'refunded');
    // All of its money has gone back, and its pieces may still come back.
    assert.equal(await refund('4', { kind: 'return', lines: [of(1, 1)] }), 0);
  });

  it('list by client and status, newest first, and give what a label and an exchange need', async () => {
    const { orderId, sku } = await delivered(2);
    const { returnId } = await request(orderId, [of(1, 1)]);
    const newest = await store.list({ clientId: 'development', status: 'requested', limit: 1 });
    assert.deepEqual(
      newest.map((each) => each.returnId),
      [returnId],
    );
    const [first] = newest;
    assert.ok(first);
    const filter = { clientId: 'development', limit: 2 };
    const [, second] = await store.list(filter);
    const [older] = await store.list({ ...filter, after: returnId });
    assert.ok(second);
    assert.equal(older?.returnId, second.returnId);
    assert.deepEqual(await store.list({ clientId: 'another', limit: 1 }), []);
    assert.equal(await store.find('another', returnId), undefined);
    const details = await store.details(returnId);
    assert.deepEqual(
      [
        details.clientId,
        details.customer.email,
        details.lines,
        details.weightGrams,
        details.location.locationId,
      ],
      ['development', 'ada@example.com', [{ sku, quantity: 1 }], 500, 'default'],
    );
    await store.decide({ returnId, action: 'open', label: true });
    assert.equal((await store.work(returnId)).label, 'wanted');
    await store.recordLabel({ returnId, carrierShipmentId: 'shp_1' });
    const kept = await store.recordLabel({ returnId, carrierShipmentId: 'shp_2' });
    assert.equal(kept.carrierShipmentId, 'shp_1');
    await store.recordLabel({
      returnId,
      label: 'bought',
      carrier: 'USPS',
      trackingCode: '94',
      labelUrl: 'u',
    });
    const view = await store.find('development', returnId);
    assert.deepEqual([view?.carrier, view?.trackingCode, view?.labelUrl], ['USPS', '94', 'u']);
  });

  it('make another carrier shipment after the label of one was refused, but not after it was bought', async () => {
    const { orderId } = await delivered(1);
    const { returnId } = await request(orderId, [of(1, 1)]);
    const [early, first, second] = [`${returnId}-0`, `${returnId}-1`, `${returnId}-2`];
    await store.decide({ returnId, action: 'open', label: true });
    const record = async (label: Omit<Parameters<ReturnStore['recordLabel']>[0], 'returnId'>) => {
      const recorded = await store.recordLabel({ returnId, ...label });
      return [recorded.carrierShipmentId, recorded.label];
    };
    assert.deepEqual(await record({ carrierShipmentId: first }), [first, 'wanted']);
    assert.deepEqual(await record({ carrierShipmentId: early, label: 'refused' }), [first, 'wanted']);
    assert.deepEqual(await record({ carrierShipmentId: first, label: 'refused' }), [null, 'wanted']);
    assert.deepEqual(await record({ carrierShipmentId: second }), [second, 'wanted']);
    await record({ label: 'bought', carrier: 'USPS', trackingCode: '94', labelUrl: 'u' });
    assert.deepEqual(await record({ carrierShipmentId: second, label: 'refused' }), [second, 'bought']);
  });

  it('know the mails that an operator has skipped, each of its own return', async () => {
    const { orderId } = await delivered(2);
    const first = await opened(orderId, [of(1, 1)]);
    const second = await opened(orderId, [of(1, 1)]);
    const parked = { orderId, workflowId: `order/${orderId}/returns/2`, step: 'notify return_label 2' };
    await shop.ledger.parkStep([
      { ...parked, reason: 'MailRefused', attempts: 1, actions: ['retry', 'skip'] },
    ]);
    assert.deepEqual((await store.work(second)).skippedMails, []);
    await shop.ledger.resolveStep([{ ...parked, action: 'skip' }]);
    assert.deepEqual((await store.work(second)).skippedMails, ['return_label']);
    assert.deepEqual((await store.work(first)).skippedMails, []);
  });
});
