import assert from 'node:assert/strict';
import { numberEvents } from './recorded-calls.ts';
import { walkDryRuns } from './walk-dry-runs.ts';
import { walkShipments } from './walk-shipments.ts';
import { createAuditLog } from '../../../src/adapters/postgres/audit/audit-log.ts';
import { FIRST_LEVEL, openAuditSession } from '../../../src/adapters/postgres/audit/session.ts';
import { createBoardSessions } from '../../../src/adapters/postgres/board-sessions.ts';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import { leaseDestination, readOutbox } from '../../../src/adapters/postgres/event-outbox.ts';
import { createDisputeStore } from '../../../src/adapters/postgres/dispute-store.ts';
import { createLocations } from '../../../src/adapters/postgres/locations.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOperatorLog } from '../../../src/adapters/postgres/operator-log.ts';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { createOrderLedger } from '../../../src/adapters/postgres/order-ledger.ts';
import { createOrderReader } from '../../../src/adapters/postgres/order-reader.ts';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';
import { createQueueReader } from '../../../src/adapters/postgres/queue-reader.ts';
import { createDeleteExpired, RETENTION_KINDS } from '../../../src/adapters/postgres/retention.ts';
import { createReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import { createSavedViews } from '../../../src/adapters/postgres/saved-views.ts';
import { createSignInAttempts, SIGN_IN_LIMIT } from '../../../src/adapters/postgres/sign-in-attempts.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import { createStatsReader } from '../../../src/adapters/postgres/stats-reader.ts';
import { createStockAlerts } from '../../../src/adapters/postgres/stock-alerts.ts';
import { createStockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import { createStockCounts } from '../../../src/adapters/postgres/stock-counts.ts';
import { createStockSubscriptions } from '../../../src/adapters/postgres/stock-subscriptions.ts';
import { createWebhookDeliveries } from '../../../src/adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../../../src/adapters/postgres/webhook-endpoints.ts';
import type { CheckoutOrder, PaymentRecord } from '../../../src/contracts/temporal/checkout.ts';
import type { OutboxEvent } from '../../../src/contracts/ports/event-destination.ts';
import type { RefundCommand, ReviewUpdate } from '../../../src/contracts/temporal/operations.ts';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../../src/contracts/http/order.ts';
import { testLogger } from '../../../harness/servers/test-servers.ts';

const REQUEST_HASH = 'a'.repeat(64);
const CLIENT = 'development';

/**
 * Goes through everything that the adapters of PostgreSQL do, one call after the other, on an empty database, and asserts what
 * their callers rely on. Ids and times are fixed, so that the statements are the same in every run.
 */
export async function walkDatabase(pool: Pool, url: string): Promise<void> {
  minutes = 0;
  await walkStock(pool);
  await walkStockCounts(pool);
  await walkCheckout(pool);
  await walkGroups(pool);
  await walkCarriers(pool);
  await walkReviewsAndAttention(pool);
  await walkRefunds(pool);
  await walkCaptures(pool);
  await walkShipments(pool, [await paidWithAddress(pool, 'sent'), await paidWithAddress(pool, 'reported')]);
  await walkCancellations(pool);
  await walkLatePayments(pool);
  await walkMails(pool);
  await walkReads(pool);
  await walkDeadLetters(pool);
  await walkFeed(pool, url);
  await walkWebhooks(pool);
  await walkReturns(pool);
  await walkDryRuns(pool);
  await walkDisputes(pool);
  await walkStockAlerts(pool);
  await walkStockSubscriptions(pool);
  await walkAudit(pool);
  await walkBoard(pool);
  await walkRetention(pool);
}

const orderIdOf = (name: string): string => `ord_${name.padEnd(32, '0')}`;

/** Each order is placed a minute after the one before, so that lists have an order. */
let minutes = 0;
function order(name: string, changes: Partial<OrderRequest> = {}): CheckoutOrder {
  minutes += 1;
  return {
    orderId: orderIdOf(name),
    clientId: CLIENT,
    requestHash: REQUEST_HASH,
    placedAt: new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString(),
    request: {
      customer: { email: 'ada@example.com', name: 'Ada' },
      currency: 'EUR',
      lines: [{ sku: 'mug-01', quantity: 1 }],
      payment: { method: 'pm_card_visa' },
      ...changes,
    },
  };
}

const succeeded = (name: string): PaymentRecord => ({
  attempt: 1,
  status: 'succeeded',
  paymentIntentId: `pi_${name}`,
  captured: 1_000,
});

const isStatus = (results: readonly { status: OrderStatus }[], ...expected: OrderStatus[]): void => {
  assert.deepEqual(
    results.map(({ status }) => status),
    expected,
  );
};

async function reserved(pool: Pool, name: string): Promise<CheckoutOrder> {
  const placed = order(name);
  isStatus(await createOrderLedger(pool).reserveStock([placed]), 'reserved');
  return placed;
}

async function paid(pool: Pool, name: string, payment = succeeded(name)): Promise<string> {
  const { orderId } = await reserved(pool, name);
  isStatus(await createOrderLedger(pool).confirmOrder([{ orderId, payment }]), 'paid');
  return orderId;
}

async function paidWithAddress(pool: Pool, name: string): Promise<string> {
  const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const placed = order(name, { shipping });
  const { orderId } = placed;
  const ledger = createOrderLedger(pool);
  isStatus(await ledger.reserveStock([placed]), 'reserved');
  isStatus(await ledger.confirmOrder([{ orderId, payment: succeeded(name) }]), 'paid');
  return orderId;
}

async function walkStock(pool: Pool): Promise<void> {
  const catalogue = createStockCatalogue(pool);
  const mug = { title: 'Mug', unitPrice: 1_000, currency: 'EUR', onHand: 100 };
  await catalogue.put('mug-01', { ...mug, sequence: 2, lowAt: 5 });
  const older = await catalogue.put('mug-01', { ...mug, onHand: 1, sequence: 1 });
  assert.ok(older !== 'unknown_location');
  const { item, applied } = older;
  assert.deepEqual([applied, item.available, item.held, item.sold, item.lowAt], [false, 100, 0, 0, 5]);
  await catalogue.put('dollar-01', { ...mug, currency: 'USD' });
  await catalogue.put('last-one', { ...mug, onHand: 1 });
  assert.equal(await catalogue.put('mug-01', { ...mug, location: 'no-such-location' }), 'unknown_location');
  assert.equal((await catalogue.get('mug-01'))?.locations[0]?.location, 'default');

  const locations = createLocations(pool);
  const away = { name: 'Away', priority: 50, active: false };
  assert.deepEqual(await locations.put('away', away), { location: 'away', ...away });
  assert.deepEqual(await locations.find('away'), { location: 'away', ...away });
  assert.deepEqual(
    (await locations.list()).map(({ location }) => location),
    ['default', 'away'],
  );
  assert.equal((await catalogue.find(['mug-01', 'no-such-item'])).length, 1);
  assert.deepEqual(
    (await catalogue.list(2, 'dollar-01')).map(({ sku }) => sku),
    ['last-one', 'mug-01'],
  );
}

async function walkStockCounts(pool: Pool): Promise<void> {
  const counts = createStockCounts(pool);
  const row = {
    source: 'wms',
    location: 'away',
    sku: 'last-one',
    kind: 'physical',
    quantity: 3,
    sequence: 1,
  } as const;
  const { results, orders } = await counts.apply([row, row, { ...row, sku: 'no-such-item' }]);
  assert.deepEqual(
    results.map(({ status, reason, available }) => [status, reason, available]),
    [
      ['applied', undefined, 3],
      ['stale', 'old_sequence', 3],
      ['error', 'unknown_sku', undefined],
    ],
  );
  assert.deepEqual(orders, []);
  assert.deepEqual(await counts.resetSequences({ source: 'wms', sku: 'last-one' }), { reset: 1 });
}

async function walkCheckout(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);

  // Reserved, asked for twice, and paid.
  const bought = order('paid');
  const [first] = await ledger.reserveStock([bought]);
  assert.deepEqual(first, { orderId: bought.orderId, status: 'reserved', total: 1_000, currency: 'EUR' });
  assert.equal((await ledger.reserveStock([bought]))[0]?.repeated, true);
  const confirmation = { orderId: bought.orderId, payment: succeeded('paid') };
  isStatus(await ledger.confirmOrder([confirmation]), 'paid');
  isStatus(await ledger.confirmOrder([confirmation]), 'paid');

  // Not to be sold so.
  const refused = await ledger.reserveStock([
    order('soldout', { lines: [{ sku: 'last-one', quantity: 2 }] }),
    order('unknownsku', { lines: [{ sku: 'no-such-item', quantity: 1 }] }),
    order('currency', { lines: [{ sku: 'dollar-01', quantity: 1 }] }),
    order('total', { expectedTotal: 999 }),
  ]);
  isStatus(refused, 'out_of_stock', 'rejected', 'rejected', 'rejected');
  assert.deepEqual(
    refused.map(({ reason }) => reason),
    ['out_of_stock:last-one', 'unknown_sku', 'currency_mismatch', 'total_mismatch'],
  );

  // Declined, cancelled, and cancelled before it was reserved.
  const declined = await reserved(pool, 'declined');
  const payment = {
    attempt: 1,
    status: 'declined',
    paymentIntentId: 'pi_declined',
    declineCode: 'card_declined',
  } as const;
  isStatus(
    await ledger.releaseStock([
      {
        orderId: declined.orderId,
        status: 'payment_failed',
        reason: 'card_declined',
        order: declined,
        payment,
      },
    ]),
    'payment_failed',
  );
  const cancelled = await reserved(pool, 'cancelled');
  const cancel = {
    orderId: cancelled.orderId,
    status: 'cancelled',
    reason: 'cancelled',
    order: cancelled,
  } as const;
  isStatus(await ledger.releaseStock([cancel]), 'cancelled');
  isStatus(
    await ledger.confirmOrder([{ orderId: cancelled.orderId, payment: succeeded('late') }]),
    'cancelled',
  );
  const given = { ...succeeded('frozen'), status: 'refunded', refunded: 1_000 } as const;
  isStatus(await ledger.releaseStock([{ ...cancel, payment: given }]), 'cancelled');
  const early = order('early');
  isStatus(
    await ledger.releaseStock([
      { orderId: early.orderId, status: 'cancelled', reason: 'cancelled', order: early },
    ]),
    'cancelled',
  );
  isStatus(await ledger.reserveStock([early]), 'cancelled');

  // Waits for its customer and for the provider.
  const { orderId } = await reserved(pool, 'waiting');
  const asked = {
    attempt: 1,
    status: 'requires_action',
    paymentIntentId: 'pi_waiting',
    clientSecret: 'secret',
  } as const;
  isStatus(
    await ledger.recordWaiting([{ orderId, status: 'awaiting_customer', payment: asked }]),
    'awaiting_customer',
  );
  isStatus(
    await ledger.recordWaiting([
      { orderId, status: 'payment_unknown', payment: { attempt: 1, status: 'unknown' } },
    ]),
    'payment_unknown',
  );
  isStatus(await ledger.confirmOrder([{ orderId, payment: succeeded('waiting') }]), 'paid');

  // Abandoned: it does not become paid any more.
  const abandoned = await reserved(pool, 'abandoned');
  isStatus(await ledger.abandonOrder([{ orderId: abandoned.orderId }]), 'reserved');
  isStatus(
    await ledger.confirmOrder([{ orderId: abandoned.orderId, payment: succeeded('abandoned') }]),
    'reserved',
  );
  isStatus(await ledger.getOrders([{ orderId }, { orderId: abandoned.orderId }]), 'paid', 'reserved');
}

async function walkGroups(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const claims = createOrderClaims(pool);
  const grouped = order('grouped');
  const { orderId } = grouped;
  const claim = { orderId, requestHash: REQUEST_HASH };
  const [held] = await claims.claim([{ ...claim, workflowId: 'group/1' }]);
  assert.equal(held?.workflowId, 'group/1');
  assert.equal((await claims.claim([{ ...claim, workflowId: 'group/2' }]))[0]?.workflowId, 'group/1');
  assert.equal(
    (await claims.claim([{ ...claim, workflowId: 'group/3', from: 'group/1' }]))[0]?.workflowId,
    'group/3',
  );
  assert.equal((await ledger.reserveStock([{ ...grouped, workflowId: 'group/1' }]))[0]?.ownedBy, 'group/3');
  isStatus(await ledger.reserveStock([{ ...grouped, workflowId: 'group/3' }]), 'reserved');
  assert.equal((await ledger.reserveStock([grouped]))[0]?.ownedBy, 'group/3');
  const [left] = await ledger.reserveStock([{ ...grouped, from: 'group/3' }]);
  assert.deepEqual([left?.status, left?.ownedBy], ['reserved', undefined]);
  assert.equal(await claims.workflowOf(orderId), `order/${orderId}`);
  assert.equal(await claims.requestHashOf(orderId), claim.requestHash);
}

async function walkCarriers(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const carriers = createOrderCarriers(pool);
  const lost = await reserved(pool, 'lost');
  const { orderId } = lost;
  const [carrier] = await carriers.find([orderId]);
  assert.deepEqual([carrier?.epoch, carrier?.state, carrier?.isParked], [1, 'undecided', false]);
  const [idle] = await carriers.idle(0, 500);
  assert.ok(idle);
  await carriers.idle(0, 500, idle);
  const gone = { orderId, workflowId: `order/${orderId}`, epoch: 1 };
  await carriers.recordCancelRequest(orderId, 'changed_my_mind');
  const taken = await carriers.takeOver(gone, 'run_closed');
  assert.ok(taken.outcome === 'taken' && taken.epoch === 2);
  assert.equal(taken.cancelReason, 'changed_my_mind');
  assert.deepEqual(taken.order?.request, lost.request);
  assert.equal((await carriers.takeOver(gone, 'run_closed')).outcome, 'moved');
  const release = { ...gone, status: 'cancelled', reason: 'lost', order: lost } as const;
  await assert.rejects(ledger.releaseStock([release]), { code: '23S03' });
  isStatus(await ledger.releaseStock([{ ...release, epoch: 2 }]), 'cancelled');
  assert.equal((await carriers.takeOver(gone, 'run_closed')).outcome, 'decided');

  await carriers.unnotified(new Date('2026-01-01T00:00:00.000Z'), 0, 10);
  await carriers.pendingOperations(0, 10);
  const lease = await carriers.leaseSweep('one', 0, 60_000);
  assert.equal(await carriers.leaseSweep('two', 0, 60_000), undefined);
  assert.equal(await lease?.extend(), true);
  await lease?.finish(new Date('2026-01-01T00:00:00.000Z'));
  const next = await carriers.leaseSweep('two', 0, 60_000);
  assert.equal(next?.closedUntil?.toISOString(), '2026-01-01T00:00:00.000Z');
  await next.finish();
}

async function walkReviewsAndAttention(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const approved = await reserved(pool, 'approved');
  const rejected = await reserved(pool, 'turneddown');
  const waits = ({ orderId }: CheckoutOrder): ReviewUpdate => ({
    orderId,
    event: 'in_review',
    status: 'in_review',
    reasons: ['total_above_limit'],
    deadlineMs: 60_000,
  });
  isStatus(await ledger.recordReview([approved, rejected].map(waits)), 'in_review', 'in_review');
  isStatus(
    await ledger.recordReview([
      {
        orderId: approved.orderId,
        event: 'review_approved',
        status: 'reserved',
        decision: 'approve',
        note: 'fine',
      },
      { orderId: rejected.orderId, event: 'review_rejected', status: 'in_review', decision: 'reject' },
    ]),
    'reserved',
    'in_review',
  );
  isStatus(
    await ledger.releaseStock([
      { orderId: rejected.orderId, status: 'rejected', reason: 'review_rejected', order: rejected },
    ]),
    'rejected',
  );

  const { orderId } = await reserved(pool, 'parked');
  const place = { orderId, workflowId: `order/${orderId}`, step: 'chargePayment' };
  const parked = { ...place, reason: 'timeout', attempts: 5, actions: ['retry' as const, 'skip' as const] };
  isStatus(await ledger.parkStep([parked]), 'reserved');
  isStatus(await ledger.parkStep([{ ...parked, attempts: 6 }]), 'reserved');
  const [step] = await createOrderReader(pool).parked(orderId);
  assert.deepEqual([step?.step, step?.attempts, step?.actions], ['chargePayment', 6, ['retry', 'skip']]);
  isStatus(await ledger.resolveStep([{ ...place, action: 'retry', note: 'again' }]), 'reserved');
  isStatus(await ledger.resolveStep([{ ...place, action: 'success' }]), 'reserved');
  assert.deepEqual(await createOrderReader(pool).parked(orderId), []);
}

async function walkRefunds(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const orderId = await paid(pool, 'refunded');
  const refund = (n: number, amount?: number) => ({
    refundId: `${orderId}/refund/${n}`,
    orderId,
    requestHash: REQUEST_HASH,
    reason: 'damaged',
    ...(amount !== undefined && { amount }),
  });
  const begin = async (n: number, amount?: number) => (await ledger.beginRefund([refund(n, amount)]))[0];
  const finish = (n: number, status: 'succeeded' | 'skipped' | 'resolved') =>
    ledger.finishRefund([{ refundId: `${orderId}/refund/${n}`, orderId, status }]);

  const part = await begin(1, 300);
  assert.ok(part?.outcome === 'booked');
  assert.deepEqual(
    [part.number, part.amount, part.paymentIntentId, part.status, part.requestHash],
    [1, 300, 'pi_refunded', 'pending', REQUEST_HASH],
  );
  const tooMuch = await begin(2, 800);
  assert.ok(tooMuch?.outcome === 'refused');
  assert.deepEqual(
    [tooMuch.code, tooMuch.left, tooMuch.orderStatus],
    ['refund_exceeds_captured', 700, 'paid'],
  );
  isStatus(await finish(1, 'succeeded'), 'paid');
  assert.equal((await begin(3, 100))?.outcome, 'booked');
  isStatus(await finish(3, 'skipped'), 'paid');
  assert.equal((await begin(4))?.outcome, 'booked');
  const [all] = await finish(4, 'resolved');
  assert.deepEqual([all?.status, all?.wasPaid], ['refunded', true]);
  const unknown = await ledger.beginRefund([{ ...refund(5), orderId: orderIdOf('nobody') }]);
  assert.ok(unknown[0]?.outcome === 'refused' && unknown[0].code === 'order_not_found');

  const returned = {
    orderId,
    paymentIntentId: 'pi_refunded',
    providerRefundId: 're_1',
    status: 'resolved',
  } as const;
  isStatus(await ledger.finishReturnedRefund([returned]), 'refunded');
}

async function walkCaptures(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const orderId = await paid(pool, 'authorized', {
    attempt: 1,
    status: 'authorized',
    paymentIntentId: 'pi_authorized',
    captured: 0,
    capturable: 1_000,
    captureBefore: '2026-02-01T00:00:00.000Z',
  });
  const capture = (n: number, amount: number, final: boolean) => ({
    captureId: `${orderId}/capture/${n}`,
    orderId,
    amount,
    final,
    requestHash: REQUEST_HASH,
  });
  const [part] = await ledger.beginCapture([capture(1, 300, false)]);
  assert.ok(part?.outcome === 'booked');
  assert.deepEqual([part.amount, part.final, part.status, part.waits], [300, false, 'pending', undefined]);
  assert.deepEqual(part.payment, {
    attempt: 1,
    paymentIntentId: 'pi_authorized',
    captured: 0,
    capturable: 1_000,
  });
  assert.deepEqual([part.order.currency, part.order.paymentMethod], ['EUR', 'pm_card_visa']);
  const [last] = await ledger.beginCapture([capture(2, 500, true)]);
  assert.ok(last?.outcome === 'booked' && last.waits === true);
  const [more] = await ledger.beginCapture([capture(3, 100, false)]);
  assert.ok(more?.outcome === 'refused' && more.code === 'not_capturable');
  const finish = (n: number, captured: number, capturable: number) =>
    ledger.finishCapture([
      {
        captureId: `${orderId}/capture/${n}`,
        orderId,
        status: 'succeeded',
        payment: { attempt: 1, captured, capturable },
      },
    ]);
  isStatus(await finish(1, 300, 700), 'paid');
  isStatus(
    await ledger.renewAuthorization([
      {
        orderId,
        payment: { attempt: 2, status: 'authorized', paymentIntentId: 'pi_renewed', capturable: 700 },
      },
    ]),
    'paid',
  );
  const [again] = await ledger.beginCapture([capture(2, 500, true)]);
  assert.ok(again?.outcome === 'booked' && again.waits === undefined);
  await ledger.finishCapture([{ captureId: `${orderId}/capture/2`, orderId, status: 'skipped' }]);
  const said = { orderId, paymentIntentId: 'pi_renewed', captured: 0, capturable: 0 };
  const [reconciled] = await ledger.reconcilePayment([said]);
  assert.equal(reconciled?.outcome, 'recorded');
  assert.deepEqual(await ledger.findPayments([{ orderId }]), [
    { orderId, paymentIntentIds: ['pi_authorized', 'pi_renewed'], captureIds: [] },
  ]);
  await walkRefusedCapture(pool);
}

/** Somebody else captures during a capture, which the provider then refuses. */
async function walkRefusedCapture(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const orderId = await paid(pool, 'refusedcapture', {
    attempt: 1,
    status: 'authorized',
    paymentIntentId: 'pi_refused',
    captured: 0,
    capturable: 1_000,
  });
  const captureId = `${orderId}/capture/1`;
  await ledger.beginCapture([{ captureId, orderId, requestHash: REQUEST_HASH }]);
  const [known] = await ledger.findPayments([{ orderId }]);
  assert.deepEqual(known?.captureIds, [captureId]);
  const said = { orderId, paymentIntentId: 'pi_refused', captured: 400, capturable: 600, refunds: [] };
  const refused = { refusedCaptureId: captureId, captures: { [captureId]: false } };
  const [reconciled] = await ledger.reconcilePayment([{ ...said, ...refused }]);
  assert.equal(reconciled?.outcome, 'recorded');
  const [left] = await ledger.beginCapture([{ captureId, orderId, requestHash: REQUEST_HASH }]);
  assert.ok(left?.outcome === 'booked' && left.status === 'pending');
  assert.deepEqual([left.amount, left.payment.captured, left.payment.capturable], [600, 400, 600]);
}

async function walkCancellations(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const orderId = await paid(pool, 'paidcancelled');
  const cancellation = { orderId, reason: 'changed my mind' };
  const refund = { refundId: `${orderId}/refund/1`, orderId, amount: 100, requestHash: REQUEST_HASH };
  await ledger.beginRefund([refund]);
  assert.equal((await ledger.beginCancellation([cancellation]))[0]?.outcome, 'busy');
  await ledger.finishRefund([{ refundId: refund.refundId, orderId, status: 'succeeded' }]);
  const [begun] = await ledger.beginCancellation([cancellation]);
  assert.deepEqual(
    [begun?.outcome, begun?.orderStatus, begun?.paymentIntentId, begun?.capturable, begun?.refund],
    ['begun', 'paid', 'pi_paidcancelled', 0, { refundId: `${orderId}/cancellation`, amount: 900 }],
  );
  const [ended] = await ledger.finishCancellation([{ ...cancellation, refund: 'succeeded' }]);
  assert.deepEqual([ended?.status, ended?.wasPaid], ['cancelled', true]);
  assert.equal((await ledger.beginCancellation([cancellation]))[0]?.outcome, 'done');
  assert.equal(
    (await ledger.beginCancellation([{ orderId: orderIdOf('declined'), reason: 'x' }]))[0]?.outcome,
    'refused',
  );

  const authorized = await paid(pool, 'voided', {
    attempt: 1,
    status: 'authorized',
    paymentIntentId: 'pi_voided',
    capturable: 1_000,
  });
  const [held] = await ledger.beginCancellation([{ orderId: authorized, reason: 'cancelled' }]);
  assert.deepEqual([held?.outcome, held?.capturable, held?.refund], ['begun', 1_000, undefined]);
  isStatus(
    await ledger.finishCancellation([{ orderId: authorized, reason: 'cancelled', released: true }]),
    'cancelled',
  );
}

async function walkLatePayments(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const orderId = orderIdOf('cancelled');
  const late = { orderId, paymentIntentId: 'pi_toolate' };
  const own = { orderId: orderIdOf('paid'), paymentIntentId: 'pi_paid' };
  assert.deepEqual(await ledger.isLatePayment([late, own]), [true, false]);
  isStatus(await ledger.recordLatePayment([{ ...late, captured: 1_000, refunded: 1_000 }]), 'cancelled');
}

async function walkDisputes(pool: Pool): Promise<void> {
  const ledger = createOrderLedger(pool);
  const reader = createOrderReader(pool);
  const orderId = await paid(pool, 'disputed');
  const dispute = {
    disputeId: 'du_1',
    amount: 1_000,
    currency: 'EUR',
    reason: 'fraudulent',
    evidenceDueAt: '2026-02-01T00:00:00.000Z',
    fundsWithdrawn: true,
    openedAt: '2026-01-02T00:00:00.000Z',
  };
  const record = (day: number, status: string) =>
    ledger.recordDisputes([
      {
        orderId,
        paymentIntentId: 'pi_disputed',
        asOf: `2026-01-0${day}T00:00:00.000Z`,
        disputes: [{ ...dispute, status }],
      },
    ]);
  isStatus(await record(3, 'needs_response'), 'paid');
  const waiting = (await reader.find(orderId))?.view;
  assert.deepEqual(
    [waiting?.attention?.step, waiting?.attention?.deadline, waiting?.payment.disputed],
    ['respondToDispute', dispute.evidenceDueAt, 1_000],
  );
  const refund = { refundId: `${orderId}/refund/1`, orderId, requestHash: REQUEST_HASH };
  const [refused] = await ledger.beginRefund([refund]);
  assert.ok(refused?.outcome === 'refused' && refused.disputeId === 'du_1');
  const [kept] = await ledger.beginCancellation([{ orderId, reason: 'fraud' }]);
  assert.deepEqual([kept?.outcome, kept?.code, kept?.disputeId], ['refused', 'payment_disputed', 'du_1']);
  isStatus(await record(5, 'lost'), 'paid');
  isStatus(await record(4, 'under_review'), 'paid');
  const lost = (await reader.find(orderId))?.view;
  assert.deepEqual([lost?.attention, lost?.disputes[0]?.outcome], [null, 'lost']);
  assert.equal((await reader.payment('pi_disputed'))?.orderId, orderId);
  assert.equal(await reader.payment('pi_nobody'), undefined);

  const store = createDisputeStore(pool);
  assert.equal((await store.list({ clientId: CLIENT, limit: 10 })).length, 1);
  assert.equal((await store.list({ clientId: CLIENT, limit: 10, status: 'won', after: 'du_1' })).length, 0);
  const dueBefore = '2026-03-01T00:00:00.000Z';
  assert.equal((await store.list({ clientId: CLIENT, limit: 10, dueBefore })).length, 0);
}

async function walkMails(pool: Pool): Promise<void> {
  const mails = createMailLog(pool);
  const lease = { id: 'attempt', ms: 60_000 };
  const orderId = orderIdOf('paid');
  const created = { orderId, kind: 'created', messageId: '<created@shop.example>' } as const;
  const confirmed = { orderId, kind: 'paid', messageId: '<paid@shop.example>' } as const;
  const refunded = {
    orderId: orderIdOf('refunded'),
    kind: 'refunded',
    part: 1,
    messageId: '<refunded@shop.example>',
  } as const;
  const { claimed } = await mails.claim([created, confirmed, refunded], lease);
  assert.deepEqual(
    claimed.map((mail) => [
      mail.kind,
      mail.email,
      mail.total,
      'refund' in mail ? mail.refund.amount : undefined,
    ]),
    [
      ['created', 'ada@example.com', 1_000, undefined],
      ['paid', 'ada@example.com', 1_000, undefined],
      ['refunded', 'ada@example.com', 1_000, 300],
    ],
  );
  await mails.markSent([created.messageId]);
  await mails.markFailed([{ messageId: confirmed.messageId, error: '451' }], lease.id);
  await mails.reopen({ clientId: CLIENT, orderId: confirmed.orderId, email: 'ada@example.com' });
  assert.deepEqual(
    (await mails.claim([created, confirmed], lease)).claimed.map(({ kind }) => kind),
    ['paid'],
  );
  assert.equal((await mails.list({ clientId: CLIENT, orderId, limit: 10 })).length, 2);
  assert.equal((await mails.list({ clientId: CLIENT, limit: 10 })).length, 3);
}

async function walkReads(pool: Pool): Promise<void> {
  const reader = createOrderReader(pool);
  const stored = await reader.find(orderIdOf('paid'));
  assert.deepEqual(
    [stored?.clientId, stored?.requestHash, stored?.view.status],
    [CLIENT, REQUEST_HASH, 'paid'],
  );
  assert.deepEqual(stored?.view.reservations, [
    { sku: 'mug-01', quantity: 1, location: 'default', state: 'consumed' },
  ]);
  assert.equal(await reader.find(orderIdOf('nobody')), undefined);
  assert.equal((await reader.list({ clientId: CLIENT, status: 'rejected', limit: 10 })).length, 4);
  assert.equal(
    (await reader.list({ clientId: CLIENT, email: 'ADA@example.com', attention: false, limit: 3 })).length,
    3,
  );
  const cursor = { createdAt: '2026-01-01T00:03:00.000Z', orderId: orderIdOf('zzz') };
  assert.equal((await reader.list({ clientId: CLIENT, limit: 10, cursor })).length, 3);
  assert.deepEqual(
    (await reader.events(orderIdOf('paid'), 1)).map(({ sequence }) => sequence),
    [2, 3],
  );
  const { orders, backlog, parked } = await createStatsReader(pool).read(1_000_000_000);
  assert.deepEqual([orders.byStatus['refunded'], backlog, parked], [1, 4, 0]);
}

async function walkDeadLetters(pool: Pool): Promise<void> {
  const store = createDeadLetterStore(pool);
  const letter = (id: string) => ({
    deadLetterId: id,
    message: {
      source: 'rabbitmq',
      position: 'checkout.commands/1',
      body: Buffer.from('{}'),
      attributes: {},
    } as const,
    reason: 'invalid_json',
    detail: 'The body is not valid JSON',
    errors: [],
    attempts: 1,
  });
  await store.keep(letter('letter-1'));
  await store.keep(letter('letter-1'));
  await store.keep({ ...letter('letter-2'), messageId: 'm2', type: 'order.place', retryInMs: 0 });
  assert.equal((await store.find('letter-1'))?.arrivals, 2);
  const due = await store.leaseDueRetries(10, 60_000);
  assert.deepEqual(
    due.map(({ deadLetterId, message }) => [deadLetterId, message.body.toString()]),
    [['letter-2', '{}']],
  );
  await store.recordRetryFailure('letter-2', {
    reason: 'unknown_sku',
    detail: 'There is no such item',
    errors: [],
  });
  await store.keep({ ...letter('letter-3'), retryInMs: 60_000, orderId: orderIdOf('cancelled') });
  const [cancellation] = await store.cancellationsOf([orderIdOf('paid'), orderIdOf('cancelled')]);
  assert.equal(cancellation?.deadLetterId, 'letter-3');
  assert.deepEqual(await store.cancellationsOf([orderIdOf('paid')]), []);
  await store.remove('letter-3');
  const leased = await store.leaseUnpublished('rabbitmq', 10, 60_000);
  assert.deepEqual(
    leased.map(({ deadLetterId }) => deadLetterId),
    ['letter-1', 'letter-2'],
  );
  await store.markPublished(['letter-1']);
  await store.returnUnpublished(['letter-2']);
  assert.equal(await store.settle('letter-1', { state: 'discarded', note: 'a test' }), true);
  assert.equal(await store.settle('letter-2', { state: 'replayed', orderId: orderIdOf('paid') }), true);
  assert.equal(await store.settle('letter-2', { state: 'discarded' }), false);
  const listed = await store.list(
    { source: 'rabbitmq', ids: ['letter-1', 'letter-2'] },
    { order: 'oldest', limit: 10 },
  );
  assert.deepEqual(
    listed.map(({ state }) => state),
    ['discarded', 'replayed'],
  );
}

async function walkFeed(pool: Pool, url: string): Promise<void> {
  await numberEvents(pool);
  const events = await readOutbox(pool, '', 3);
  assert.deepEqual(
    events.map(({ orderId, sequence }) => [orderId, sequence]),
    [1, 2, 3].map((sequence) => [orderIdOf('paid'), sequence]),
  );
  const destination = await leaseDestination(url, 'walk', 'beginning', testLogger);
  assert.ok(destination);
  const [first] = await destination.next(1);
  assert.equal(first?.orderId, orderIdOf('paid'));
  await destination.advance(first);
  await destination.release();
}

async function walkWebhooks(pool: Pool): Promise<void> {
  const endpoints = createWebhookEndpoints(pool);
  const deliveries = createWebhookDeliveries(pool);
  const endpoint = (id: string, events: string[] = []) => ({
    endpointId: id,
    url: `https://shop.example/${id}`,
    events,
    contact: 'ops@shop.example',
    secret: `whsec_${id}`,
  });
  const paidType = 'com.durable-checkout.order.paid.v1';
  assert.equal(await endpoints.add(endpoint('we_all')), true);
  assert.equal(await endpoints.add({ ...endpoint('we_all'), endpointId: 'we_again' }), false);
  assert.equal(await endpoints.add(endpoint('we_paid', [paidType])), true);
  assert.equal((await endpoints.find('we_all'))?.state, 'enabled');
  assert.equal((await endpoints.findByUrl('https://shop.example/we_paid'))?.secret, 'whsec_we_paid');
  assert.equal((await endpoints.list(['enabled'], 10)).length, 2);
  assert.equal(await endpoints.any(), true);
  assert.equal(await endpoints.change('we_paid', { url: 'https://shop.example/we_all' }), 'taken');
  const changed = await endpoints.change('we_paid', { description: 'paid orders' });
  assert.ok(changed !== undefined && changed !== 'taken' && changed.description === 'paid orders');
  assert.ok((await endpoints.rotate('we_all', 'whsec_new', 60_000)) instanceof Date);

  // Later than the endpoints, in whichever year this runs.
  const occurredAt = new Date('2100-01-01T00:00:00.000Z');
  const event = (name: string, sequence: number, type: string): OutboxEvent => ({
    cursor: '1.1',
    orderId: orderIdOf(name),
    sequence,
    type,
    data: {},
    occurredAt,
  });
  await deliveries.add([
    event('paid', 2, 'com.durable-checkout.order.reserved.v1'),
    event('paid', 3, paidType),
  ]);
  const idOf = (endpointId: string, sequence: number): string =>
    `${endpointId}.${orderIdOf('paid')}.${sequence}`;
  assert.equal((await deliveries.unstarted(10, 100)).length, 3);
  const ids = [idOf('we_all', 2), idOf('we_all', 3), idOf('we_paid', 3)];
  await deliveries.markStarted(ids, []);
  assert.equal(await deliveries.restartOverdue(3_600_000), 0);
  const sendable = await deliveries.find(idOf('we_all', 3));
  assert.deepEqual(
    [sendable?.event.type, sendable?.url, sendable?.endpointState, sendable?.secrets, sendable?.triedBefore],
    [paidType, 'https://shop.example/we_all', 'enabled', ['whsec_new', 'whsec_we_all'], 0],
  );

  const attempt = {
    startedAt: new Date('2026-01-01T00:00:00.000Z'),
    durationMs: 12,
    headers: { 'webhook-id': 'x' },
  };
  const all = (sequence: number) => ({ deliveryId: idOf('we_all', sequence), endpointId: 'we_all' });
  await deliveries.record(all(2), { ...attempt, status: 200, answer: 'ok' }, { state: 'delivered' }, 1_000);
  await deliveries.record(
    all(3),
    { ...attempt, error: 'ECONNREFUSED' },
    { state: 'pending', retryInMs: 5_000 },
    1_000,
  );
  assert.equal((await deliveries.attempts(idOf('we_all', 3), 10))[0]?.error, 'ECONNREFUSED');
  const ofPaid = { deliveryId: idOf('we_paid', 3), endpointId: 'we_paid' };
  assert.equal(
    await deliveries.record(
      ofPaid,
      { ...attempt, status: 410 },
      { state: 'failed', reason: 'endpoint_gone' },
      1_000,
    ),
    'removed',
  );
  assert.deepEqual(
    (await endpoints.unnotified()).map(({ endpointId }) => endpointId),
    ['we_paid'],
  );
  await endpoints.markContactNotified('we_paid');
  assert.deepEqual(await endpoints.unnotified(), []);
  assert.equal((await deliveries.list('we_all', 'delivered', 10))[0]?.deliveryId, idOf('we_all', 2));
  assert.equal(await deliveries.resend(idOf('we_all', 2)), true);
  assert.equal(await deliveries.recover('we_all', new Date('2020-01-01T00:00:00.000Z'), 4), 4);
}

async function walkReturns(pool: Pool): Promise<void> {
  const store = createReturnStore(pool);
  const shipments = createShipmentStore(pool);
  const ledger = createOrderLedger(pool);
  const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const bought = order('returned', { lines: [{ sku: 'mug-01', quantity: 3 }], shipping });
  const { orderId } = bought;
  isStatus(await ledger.reserveStock([bought]), 'reserved');
  const payment = { ...succeeded('returned'), captured: 3_000 };
  isStatus(await ledger.confirmOrder([{ orderId, payment }]), 'paid');

  const cancellation: RefundCommand = {
    ...{ refundId: `${orderId}/cancel/1`, orderId, requestHash: REQUEST_HASH },
    kind: 'line_cancellation',
    lines: [{ line: 1, quantity: 1 }],
  };
  const [cancelled] = await ledger.beginRefund([cancellation]);
  assert.deepEqual(
    [cancelled?.outcome, cancelled?.outcome === 'booked' && cancelled.amount],
    ['booked', 1_000],
  );
  const [parcel] = await shipments.report([
    {
      ...{ orderId, key: 'parcel', requestHash: REQUEST_HASH, carrier: 'DHL', trackingCode: '1' },
      lines: [{ line: 1, quantity: 2 }],
    },
  ]);
  assert.ok(parcel?.outcome === 'done');
  await shipments.change([{ orderId, shipmentId: parcel.shipmentId, action: 'deliver' }]);

  const returnId = `ret_${'1'.repeat(32)}`;
  const lines = [{ line: 1, quantity: 2 }];
  const request = { returnId, orderId, lines, windowMs: 1e9, requestHash: REQUEST_HASH };
  const exchange = [{ sku: 'mug-01', quantity: 1 }];
  const requested = await store.request({ ...request, exchange });
  assert.ok(requested.outcome === 'booked' && requested.number === 1);
  assert.equal((await store.request({ ...request, returnId: 'ret_2' })).outcome, 'refused');
  const opened = await store.decide({ returnId, action: 'open', label: true });
  assert.ok(opened.outcome === 'done' && opened.status === 'open');
  assert.equal((await store.details(returnId)).clientId, CLIENT);
  await store.recordLabel({ returnId, carrierShipmentId: 'shp_returned' });
  await store.recordLabel({ returnId, label: 'bought', carrier: 'USPS', trackingCode: '2', labelUrl: 'l' });
  const receipt = { returnId, receiptId: 'r1', refundId: `${orderId}/refund/r1` };
  const received = await store.receive({
    ...receipt,
    lines: [{ line: 1, quantity: 2, disposition: 'restocked' }],
  });
  assert.equal(received.outcome, 'booked');
  await store.recordExchange({ returnId, exchangeState: 'placed', exchangeOrderId: orderIdOf('paid') });
  const work = await store.work(returnId);
  assert.deepEqual(
    [work.label, work.exchange, work.complete, work.refunds[0]?.status],
    ['bought', 'placed', true, 'none'],
  );
  await store.decide({ returnId, action: 'close' });
  const view = await store.find(CLIENT, returnId);
  assert.deepEqual([view?.status, view?.exchange?.orderId], ['closed', orderIdOf('paid')]);
  assert.equal((await store.list({ clientId: CLIENT, status: 'closed', limit: 10 })).length, 1);
}

async function walkStockAlerts(pool: Pool): Promise<void> {
  const catalogue = createStockCatalogue(pool);
  const alerts = createStockAlerts(pool);
  const lamp = { title: 'Lamp', unitPrice: 900, currency: 'EUR' };
  await catalogue.put('lamp-01', { ...lamp, onHand: 1, lowAt: 2 });
  const raised = await alerts.raise({ delayMs: 0, limit: 10, mail: true });
  assert.deepEqual(raised, [{ sku: 'lamp-01', location: 'default', state: 'low' }]);
  assert.deepEqual(await alerts.raise({ delayMs: 0, limit: 10, mail: true }), []);
  await catalogue.put('lamp-01', { ...lamp, onHand: 0, lowAt: 2 });
  assert.equal((await alerts.raise({ delayMs: 0, limit: 10, mail: false }))[0]?.state, 'out');
  const [mail] = await alerts.claimMails(10, 60_000);
  assert.deepEqual(
    [mail?.alertId, mail?.attempts, mail?.title, mail?.location, mail?.state, mail?.available, mail?.lowAt],
    [1, 1, 'Lamp', 'Default location', 'low', 1, 2],
  );
  assert.deepEqual(await alerts.claimMails(10, 60_000), []);
  await alerts.settleMail(1, { sent: false, error: '421', retryInMs: 0 });
  await alerts.settleMail(1, { sent: true });
  assert.deepEqual(
    (await alerts.list({ sku: 'lamp-01' }, 10)).map(({ alertId, mailStatus }) => [alertId, mailStatus]),
    [
      [2, 'none'],
      [1, 'sent'],
    ],
  );
  assert.equal((await alerts.list({ mailStatus: 'sent' }, 10, 2)).length, 1);
}

async function walkStockSubscriptions(pool: Pool): Promise<void> {
  let numbers = 0;
  const subscriptions = createStockSubscriptions(pool, {
    newId: () => `sub_${++numbers}`,
    newToken: () => `token-${++numbers}`,
  });
  const ada = { clientId: CLIENT, sku: 'lamp-01', email: 'ada@example.com', locale: 'de' };
  assert.equal(await subscriptions.add(ada), true);
  assert.equal(await subscriptions.add({ ...ada, sku: 'no-such-item' }), false);
  const [confirm] = await subscriptions.claimMails(1, 60_000);
  assert.ok(confirm);
  assert.deepEqual(
    [confirm.kind, confirm.email, confirm.locale, confirm.title, confirm.unitPrice, confirm.attempts],
    ['back_in_stock_confirm', 'ada@example.com', 'de', 'Lamp', 900, 1],
  );
  await subscriptions.settleMail(confirm, { sent: true });
  assert.deepEqual(await subscriptions.find(confirm.token), {
    status: 'requested',
    title: 'Lamp',
    locale: 'de',
  });
  assert.equal((await subscriptions.change(confirm.token, 'confirm'))?.status, 'confirmed');
  assert.equal(await subscriptions.notify(10), 0);
  await createStockCatalogue(pool).put('lamp-01', {
    title: 'Lamp',
    unitPrice: 900,
    currency: 'EUR',
    onHand: 1,
  });
  assert.equal(await subscriptions.notify(10), 1);
  assert.equal((await subscriptions.claimMails(1, 60_000))[0]?.kind, 'back_in_stock');
  assert.equal((await subscriptions.change(confirm.token, 'unsubscribe'))?.status, 'cancelled');
}

async function walkBoard(pool: Pool): Promise<void> {
  const sessions = createBoardSessions(pool);
  const actor = { clientId: CLIENT, keyId: CLIENT, sessionId: 'session-1' };
  await sessions.begin({ ...actor, tokenHash: 'a', keyHash: 'b', lifetimeMs: 60_000 });
  assert.deepEqual((await sessions.find('a'))?.sessionId, 'session-1');
  await sessions.end('a', actor);
  assert.equal(await sessions.find('a'), undefined);

  const log = createOperatorLog(pool);
  const orderId = orderIdOf('paid');
  await log.add(actor, { action: 'customer_revealed', object: { type: 'order', id: orderId } });
  assert.deepEqual(
    (await log.list({ limit: 10 })).map(({ action }) => action),
    ['customer_revealed', 'signed_out', 'signed_in'],
  );
  assert.equal(
    (await log.list({ orderId, action: 'customer_revealed', before: 1_000, limit: 10 })).length,
    1,
  );

  const attempts = createSignInAttempts(pool, SIGN_IN_LIMIT);
  assert.equal(await attempts.begin('192.0.2.1'), 0);
  await attempts.forgive('192.0.2.1');
  const views = createSavedViews(pool);
  await views.save(actor, 'view_1', { name: 'Paid', isShared: false, filter: { status: 'paid' } });
  assert.equal((await views.list(actor)).length, 1);
  assert.equal(await views.remove(actor, 'view_1'), true);

  const { queues } = await createQueueReader(pool).read();
  assert.equal(queues.length, 12);
  const reader = createOrderReader(pool);
  assert.equal((await reader.list({ clientId: CLIENT, q: 'pi_paid', limit: 10 }))[0]?.orderId, orderId);
  assert.equal((await reader.recent(CLIENT, 5)).length, 5);
}

async function walkRetention(pool: Pool): Promise<void> {
  const deleteExpired = createDeleteExpired(pool);
  const request = {
    limit: 100,
    everyMs: 3_600_000,
    kinds: RETENTION_KINDS.map((kind) => ({ kind, keepMs: 86_400_000 })),
  };
  const runs = new Set<string>();
  for (let batch = await deleteExpired(request); batch; batch = await deleteExpired(request))
    if (!batch.more) runs.add(batch.kind);
  assert.deepEqual([...runs].sort(), [...RETENTION_KINDS].sort());
}

async function walkAudit(pool: Pool): Promise<void> {
  const log = createAuditLog(pool);
  assert.equal(await log.begin({ auditId: 'audit-1', since: '2026-01-01T00:00:00.000Z' }), undefined);
  const session = await openAuditSession(pool, 'audit-1');
  const since = new Date('2026-01-01T00:00:00.000Z');
  await session.begin({ since, comparesLabels: true, recounts: false });
  const startedAt = (await session.comparison())?.startedAt ?? since;
  await session.addUndecided();
  for (const what of ['placed', 'changed'] as const) {
    assert.equal(await session.hasMore(what, since, startedAt, 100_000), false);
    await session.addRecent(what, since, startedAt);
  }
  const orderId = orderIdOf('paid');
  await session.addPayments([
    {
      paymentIntentId: 'pi_paid',
      orderId,
      status: 'succeeded',
      currency: 'EUR',
      amount: 900,
      received: 900,
      capturable: 0,
    },
  ]);
  await session.addRefunds([{ providerRefundId: 're_1', paymentIntentId: 'pi_refunded', amount: 300 }]);
  await session.addWorkflows([
    {
      workflowId: `order/${orderId}`,
      orderId,
      kind: 'checkout',
      running: false,
      startedAt: '2026-01-01T00:00:00.000Z',
    },
  ]);
  await session.labelsSince();
  await session.addLabels([
    {
      carrierShipmentId: 'shp_carrier',
      reference: `shp_${orderId.slice(4)}_1`,
      isReturn: false,
      createdAt: '2026-01-01T00:00:00.000Z',
      label: {
        carrier: 'USPS',
        service: 'Priority',
        trackingCode: 'EZ1000000001',
        trackerId: 'trk_1',
        labelUrl: 'https://carrier.example/label.png',
        cost: 500,
        currency: 'USD',
      },
    },
  ]);
  await session.analyze();
  const counts = await session.countRecords();
  assert.equal(counts.providerPayments, 1);
  const orders = await session.nextOrders(0, 100_000);
  const levels = await session.nextLevels(FIRST_LEVEL, 100_000);
  assert.ok(orders && levels);
  assert.equal((await session.count(orders)).orders, counts.orders);
  assert.deepEqual([await session.olderPayments(orders), await session.olderLabels(orders)], [[], []]);
  await session.compareOrders(orders);
  await session.compareLevels(levels);
  await session.compareRest();
  await session.chooseSuspects(100_000);
  const suspects = await session.suspects(undefined, 100_000);
  const [suspect] = suspects.filter(
    ({ rule, orderId: which }) => rule === 'captured_differs' && which === orderId,
  );
  assert.ok(suspect);
  assert.ok((await session.suspectedOrders()).includes(orderId));
  assert.deepEqual(await session.paymentsOf([orderId]), ['pi_paid']);
  assert.deepEqual(await session.labelsOf([orderId]), ['shp_carrier']);
  assert.deepEqual(await session.closedWorkflowsOf([orderId]), []);
  const rules = ['captured_differs', 'stock_sum', 'stock_sold'];
  const found = await session.find(rules, [['mug-01', 'default']]);
  assert.ok(found.some(({ rule, orderId: which }) => rule === 'captured_differs' && which === orderId));
  await session.settleSuspects([suspect], suspects.slice(0, 1));
  await session.deleteCheckpoints([['mug-01', 'default']]);
  assert.equal((await session.differences()).differenceCount, suspects.length - 1);
  await session.clear();
  await session.discard();
  session.close();

  await log.progress('audit-1', counts);
  const checked = {
    ...{
      orders: 1,
      payments: 1,
      refunds: 0,
      captures: 0,
      disputes: 0,
      reservations: 1,
      items: 1,
      mails: 0,
      events: 3,
    },
    ...{ shipments: 0, returns: 0, carrierLabels: 1 },
    ...{
      providerPayments: 1,
      providerRefunds: 0,
      providerDisputes: 0,
      runningWorkflows: 0,
      closedWorkflows: 1,
    },
  };
  const report = await log.finish('audit-1', { checked, differenceCount: 0, differences: [] });
  assert.deepEqual([report.clean, report.checked.orders], [true, 1]);
  assert.equal((await log.find('audit-1'))?.state, 'done');
  assert.equal((await log.list(10)).length, 1);
}
