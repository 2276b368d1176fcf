import assert from 'node:assert/strict';
import type { Actor, ActorType } from '../../src/contracts/actor.ts';
import { EVENT_TYPES } from '../../src/contracts/messages.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { callFunction, createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createReturnStore } from '../../src/adapters/postgres/return-store.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { callsAs } from '../support/calls-as.ts';
import { walkDatabase } from '../support/db/walk.ts';

/** The one who asks for whatever can be asked for in this test. */
const OPERATOR: Actor = { type: 'operator', id: 'shop-1', sessionId: 's1', batchId: 'b1' };

/** Who may be behind each type of event then. Several: it depends on why it has happened. A new type needs a line here. */
const ACTORS: Readonly<Record<string, readonly ActorType[]>> = {
  'order.placed': ['client', 'operator'],
  'order.reserved': ['system'],
  'order.in_review': ['operator', 'system'],
  'order.awaiting_customer': ['system'],
  'order.payment_unknown': ['system'],
  'order.paid': ['provider', 'system'],
  'order.shipped': ['carrier', 'operator'],
  'order.delivered': ['carrier', 'operator'],
  'order.closed': ['system'],
  'order.out_of_stock': ['system'],
  'order.payment_failed': ['provider', 'system'],
  'order.rejected': ['operator', 'system'],
  'order.expired': ['system'],
  'order.cancelled': ['operator'],
  'order.refunded': ['operator', 'provider', 'system'],
  'order.review_approved': ['operator'],
  'order.review_rejected': ['operator'],
  'order.refund_requested': ['operator'],
  'order.refund_skipped': ['operator', 'provider', 'system'],
  'order.refund_failed': ['provider'],
  'order.partially_refunded': ['operator', 'provider'],
  'order.returned_refund_settled': ['operator', 'system'],
  'order.captured': ['operator', 'provider'],
  'order.capture_skipped': ['operator', 'system'],
  'order.payment_reconciled': ['provider'],
  'order.late_payment_refunded': ['provider'],
  'order.late_payment_kept': ['provider'],
  'order.dispute_created': ['provider'],
  'order.dispute_updated': ['provider'],
  'order.dispute_closed': ['provider'],
  'order.line_cancelled': ['operator'],
  'order.return_requested': ['operator'],
  'order.return_opened': ['operator'],
  'order.return_declined': ['operator'],
  'order.return_cancelled': ['operator'],
  'order.return_received': ['operator'],
  'order.return_closed': ['operator', 'system'],
  'order.out_for_delivery': ['carrier'],
  'order.shipment_held': ['operator'],
  'order.shipment_released': ['operator'],
  'order.shipment_cancelled': ['operator', 'system'],
  'order.shipment_returning': ['carrier'],
  'order.shipment_lost': ['operator'],
  'order.address_changed': ['operator'],
  'order.mail_refused': ['system'],
  'order.restarted': ['operator', 'system'],
  'order.attention_raised': ['provider', 'system'],
  'order.attention_cleared': ['operator', 'provider', 'system'],
  'order.attention_retry': ['operator'],
  'order.attention_skip': ['operator'],
  'order.attention_resolve': ['operator'],
  'stock.low': ['system'],
  'stock.out': ['system'],
};

describe('the actor of an event', function () {
  this.timeout(120_000);
  let pool: Pool;
  /** The actors of each type of event, as the database has them. */
  let found: Map<string, (string | null)[]>;

  before(async () => {
    const url = await (await testPostgres()).createDatabase();
    pool = createPool({ url, max: 2 });
    const asked = callsAs(OPERATOR, pool);
    await walkDatabase(asked, url);
    await makeOtherEvents(asked, pool);
    const { rows } = await pool.query<{ name: string; actors: (string | null)[] }>(
      `select regexp_replace(type, '^com\\.durable-checkout\\.|\\.v1$', '', 'g') as name,
              array_agg(distinct actor ->> 'type') as actors
         from order_events group by 1`,
    );
    found = new Map(rows.map(({ name, actors }) => [name, actors]));
  });
  after(() => pool.end());

  it('is known for every type of event that is published', () => {
    const names = EVENT_TYPES.map((type) => type.replace(/^com\.durable-checkout\.|\.v1$/g, ''));
    assert.deepEqual(Object.keys(ACTORS).sort(), names.sort());
  });

  for (const [name, allowed] of Object.entries(ACTORS))
    it(`${name}: ${allowed.join(' or ')}`, () => {
      const actors = found.get(name) ?? [];
      assert.ok(actors.length > 0, 'the test makes no such event');
      assert.deepEqual(
        actors.filter((actor) => !allowed.some((each) => each === actor)),
        [],
      );
      // What an operator has asked for does not become somebody else's.
      if (allowed.includes('operator') && allowed.length === 1) assert.deepEqual(actors, ['operator']);
    });

  it('is the same in what the event belongs to: the batch and the session of the operator are kept', async () => {
    const { rows } = await pool.query<{ actor: Actor }>(
      `select distinct actor from (select actor from order_events union all select actor from refunds
         union all select actor from returns union all select actor from shipments union all select actor from stock_movements) x
        where actor ->> 'type' = 'operator'`,
    );
    assert.deepEqual(
      rows.map(({ actor }) => actor),
      [OPERATOR],
    );
  });
});

/** The types of events that the walk through the database does not make. */
async function makeOtherEvents(pool: Pool, unasked: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const shipments = createShipmentStore(pool);
  const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
  let orders = 0;
  async function reserved() {
    const order = checkoutOrder({ lines: [line('mug-01')], shipping });
    orders += 1;
    const [result] = await ledger.reserveStock([order]);
    assert.equal(result?.status, 'reserved');
    return { ...order, paymentIntentId: `pi_actors_${orders}` };
  }
  async function paid() {
    const { orderId, paymentIntentId } = await reserved();
    const payment = { attempt: 1, status: 'succeeded', paymentIntentId, captured: 1_000 } as const;
    await ledger.confirmOrder([{ orderId, payment }]);
    return { orderId, paymentIntentId };
  }
  async function shipped(orderId: string, code: string): Promise<string> {
    const report = { orderId, key: code, requestHash: code, lines: [{ line: 1, quantity: 1 }] };
    const [reported] = await shipments.report([{ ...report, carrier: 'DHLPaket', trackingCode: code }]);
    assert.ok(reported?.outcome === 'done' && 'shipmentId' in reported, JSON.stringify(reported));
    return reported.shipmentId;
  }
  const track = (orderId: string, shipmentId: string, status: 'out_for_delivery' | 'return_to_sender') =>
    callFunction(pool, 'record_tracking', [
      { orderId, shipmentId, tracker: { trackerId: 'trk_1', status, details: [] } },
    ]);

  const expired = await reserved();
  const { orderId: expiredId } = expired;
  // Nobody asks for that.
  await createOrderLedger(unasked).releaseStock([
    { orderId: expiredId, status: 'expired', reason: 'payment_expired', order: expired },
  ]);

  const sent = await paid();
  const parcel = await shipped(sent.orderId, 'one');
  await track(sent.orderId, parcel, 'out_for_delivery');
  await shipments.change([{ orderId: sent.orderId, shipmentId: parcel, action: 'deliver' }]);
  for (const action of ['decline', 'cancel'] as const) {
    const returns = createReturnStore(pool);
    const returnId = `ret_${action}`;
    const lines = [{ line: 1, quantity: 1 }];
    const windowMs = 86_400_000;
    await returns.request({ returnId, orderId: sent.orderId, lines, windowMs, requestHash: action });
    assert.equal((await returns.decide({ returnId, action })).outcome, 'done');
  }
  await shipments.plan([{ orderId: sent.orderId, mode: 'warehouse', tracking: false, returnWindowMs: 0 }]);

  const back = await paid();
  await track(back.orderId, await shipped(back.orderId, 'two'), 'return_to_sender');
  const lost = await paid();
  const missing = await shipped(lost.orderId, 'three');
  await shipments.change([{ orderId: lost.orderId, shipmentId: missing, action: 'refund' }]);

  const parked = await paid();
  for (const action of ['skip', 'resolve'] as const) {
    const step = { orderId: parked.orderId, workflowId: 'w', step: 'notify' };
    await ledger.parkStep([{ ...step, reason: 'x', attempts: 1, actions: ['retry', 'skip', 'resolve'] }]);
    await ledger.resolveStep([{ ...step, action }]);
  }
  const late = { orderId: parked.orderId, paymentIntentId: 'pi_kept', captured: 5, refunded: 0 };
  await ledger.recordLatePayment([{ ...late, settledByHand: 'skip' }]);

  const mails = createMailLog(pool);
  const mail = { orderId: parked.orderId, kind: 'paid', part: 1 } as const;
  const messageId = `<paid.${parked.orderId}@shop>`;
  await mails.claim([{ ...mail, messageId }], { id: 'lease', ms: 60_000 });
  await mails.markFailed([{ messageId, error: '550', permanent: true }], 'lease');

  const dispute = {
    disputeId: 'du_actors',
    amount: 1_000,
    currency: 'EUR',
    reason: 'fraudulent',
    fundsWithdrawn: true,
    openedAt: '2026-01-01T00:00:00.000Z',
  };
  for (const status of ['needs_response', 'under_review']) {
    const asOf = new Date().toISOString();
    await ledger.recordDisputes([{ ...parked, asOf, disputes: [{ ...dispute, status }] }]);
  }

  const refunded = await paid();
  const outside = { providerRefundId: 're_outside', amount: 100 };
  const payment = { ...refunded, captured: 1_000, capturable: 0, status: 'succeeded' } as const;
  await ledger.reconcilePayment([{ ...payment, refunds: [outside] }]);
  await ledger.reconcilePayment([{ ...payment, refunds: [], failedRefunds: ['re_outside'] }]);
}
