import assert from 'node:assert/strict';
import { createLedgerActivities } from '../../src/activities/ledger.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import type { CheckoutOrder, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { LedgerActivities } from '../../src/contracts/temporal/ledger-steps.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { CLOSED_PORT } from '../../harness/closed-port.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const paidBy = (paymentIntentId: string): PaymentRecord => ({
  attempt: 1,
  status: 'succeeded',
  paymentIntentId,
  captured: 1_000,
});

describe('the steps in our own database', function () {
  this.timeout(120_000);
  let shop: Shop;
  let activities: LedgerActivities;

  before(async () => {
    shop = await openShop();
    activities = createLedgerActivities(shop.ledger);
  });
  after(() => shop.close());

  async function anOrder(onHand = 1): Promise<{ order: CheckoutOrder; sku: string }> {
    const sku = await shop.item(onHand);
    return { order: checkoutOrder({ lines: [line(sku)] }), sku };
  }
  const cancellation = (order: CheckoutOrder) => ({
    orderId: order.orderId,
    status: 'cancelled' as const,
    reason: 'cancelled',
    order,
  });
  const status = async (order: CheckoutOrder) => (await shop.reader.find(order.orderId))?.view.status;

  it('a step that runs twice does the same and returns the same', async () => {
    const { order, sku } = await anOrder();
    const { orderId } = order;
    const payment = paidBy(`pi_${orderId}`);
    const waiting = {
      orderId,
      status: 'payment_unknown' as const,
      payment: { attempt: 1, status: 'unknown' as const },
    };
    const steps = [
      (attempt: number) => runActivity(activities, 'reserveStock', [[order]], attempt),
      (attempt: number) => runActivity(activities, 'recordWaiting', [[waiting]], attempt),
      (attempt: number) => runActivity(activities, 'confirmOrder', [[{ orderId, payment }]], attempt),
    ];
    const answer = async (done: Promise<unknown>): Promise<unknown> => {
      const [first] = (await done) as [{ repeated?: boolean }];
      return { ...first, repeated: undefined };
    };
    for (const step of steps) assert.deepEqual(await answer(step(2)), await answer(step(1)));
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 0, sold: 1 });
    const events = await shop.reader.events(orderId);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [1, 2, 3, 4],
    );
  });

  it('a release releases the stock once', async () => {
    const { order, sku } = await anOrder(3);
    await runActivity(activities, 'reserveStock', [[order]]);
    for (const attempt of [1, 2, 3])
      assert.equal(
        (await runActivity(activities, 'releaseStock', [[cancellation(order)]], attempt))[0]?.status,
        'cancelled',
      );
    assert.deepEqual(await shop.stock(sku), { available: 3, held: 0, sold: 0 });
  });

  it('a release that comes before its reservation makes the reservation a no-op', async () => {
    const { order, sku } = await anOrder();
    await runActivity(activities, 'releaseStock', [[cancellation(order)]]);
    const [late] = await runActivity(activities, 'reserveStock', [[order]]);
    assert.equal(late?.status, 'cancelled');
    assert.deepEqual(await shop.stock(sku), { available: 1, held: 0, sold: 0 });
  });

  it('a concurrent release and confirmation return the same status, and the stock adds up', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { order, sku } = await anOrder();
      const { orderId } = order;
      await runActivity(activities, 'reserveStock', [[order]]);
      const [released, confirmed] = await Promise.all([
        runActivity(activities, 'releaseStock', [[cancellation(order)]]),
        runActivity(activities, 'confirmOrder', [[{ orderId, payment: paidBy(`pi_${orderId}`) }]]),
      ]);
      assert.equal(released[0]?.status, confirmed[0]?.status);
      const paid = (await status(order)) === 'paid';
      assert.deepEqual(await shop.stock(sku), { available: paid ? 0 : 1, held: 0, sold: paid ? 1 : 0 });
    }
  });

  it('an abandoned order is not paid by a late confirmation, and can still be released', async () => {
    const { order, sku } = await anOrder();
    const { orderId } = order;
    await runActivity(activities, 'reserveStock', [[order]]);
    for (const attempt of [1, 2])
      assert.equal(
        (await runActivity(activities, 'abandonOrder', [[{ orderId }]], attempt))[0]?.status,
        'reserved',
      );
    const late = { orderId, payment: paidBy(`pi_${orderId}`) };
    assert.equal((await runActivity(activities, 'confirmOrder', [[late]]))[0]?.status, 'reserved');
    const [released] = await runActivity(activities, 'releaseStock', [[cancellation(order)]]);
    assert.deepEqual([released?.status, released?.wasPaid], ['cancelled', undefined]);
    assert.deepEqual(await shop.stock(sku), { available: 1, held: 0, sold: 0 });
  });

  it('a concurrent abandonment and confirmation agree on the status of the order', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { order } = await anOrder();
      const { orderId } = order;
      await runActivity(activities, 'reserveStock', [[order]]);
      const [abandoned] = await Promise.all([
        runActivity(activities, 'abandonOrder', [[{ orderId }]]),
        runActivity(activities, 'confirmOrder', [[{ orderId, payment: paidBy(`pi_${orderId}`) }]]),
      ]);
      assert.equal(await status(order), abandoned[0]?.status);
    }
  });

  it('the result of an order that was paid and cancelled says that it was paid', async () => {
    const { order } = await anOrder();
    const { orderId } = order;
    const payment = paidBy(`pi_${orderId}`);
    await runActivity(activities, 'reserveStock', [[order]]);
    await runActivity(activities, 'confirmOrder', [[{ orderId, payment }]]);
    await shop.ledger.beginCancellation([{ orderId, reason: 'cancelled' }]);
    await shop.ledger.finishCancellation([{ orderId, reason: 'cancelled', refund: 'succeeded' }]);
    for (const answers of [
      await runActivity(activities, 'confirmOrder', [[{ orderId, payment }]], 2),
      await runActivity(activities, 'abandonOrder', [[{ orderId }]]),
    ])
      assert.deepEqual([answers[0]?.status, answers[0]?.wasPaid], ['cancelled', true]);
  });

  it('an order that is paid cannot be released', async () => {
    const { order, sku } = await anOrder();
    const { orderId } = order;
    await runActivity(activities, 'reserveStock', [[order]]);
    await runActivity(activities, 'confirmOrder', [[{ orderId, payment: paidBy(`pi_${orderId}`) }]]);
    const [answer] = await runActivity(activities, 'releaseStock', [[cancellation(order)]]);
    assert.equal(answer?.status, 'paid');
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 0, sold: 1 });
  });

  it('fails for good on invalid data, and does not quote the data', async () => {
    const { order } = await anOrder();
    const { request } = order;
    const bad = {
      ...order,
      placedAt: 'ada.secret@example.com is no time',
      request: { ...request, customer: { email: 'ada.secret@example.com', name: 'Ada' } },
    };
    const failure = await failureOf(runActivity(activities, 'reserveStock', [[bad]]));
    assert.equal(failure.nonRetryable, true);
    assert.equal(failure.type, 'InvariantViolated');
    assert.match(failure.message, /^PostgreSQL answered 22\w{3}$/);
    const said = JSON.stringify([failure.message, failure.details, failure.cause, failure.stack]);
    assert.ok(!said.includes('ada.secret'), said);
  });

  it('does not let one payment pay two orders', async () => {
    const first = await anOrder();
    const second = await anOrder();
    await runActivity(activities, 'reserveStock', [[first.order, second.order]]);
    const payment = paidBy('pi_shared');
    await runActivity(activities, 'confirmOrder', [[{ orderId: first.order.orderId, payment }]]);
    const failure = await failureOf(
      runActivity(activities, 'confirmOrder', [[{ orderId: second.order.orderId, payment }]]),
    );
    assert.equal(failure.nonRetryable, true);
    assert.equal(await status(second.order), 'reserved');
  });

  it('is retried when the database cannot be reached', async () => {
    const pool = createPool({ url: `postgresql://nobody:secret@127.0.0.1:${CLOSED_PORT}/nowhere` });
    try {
      const own = createLedgerActivities(createOrderLedger(pool));
      const failure = await failureOf(runActivity(own, 'reserveStock', [[(await anOrder()).order]]));
      assert.equal(failure.type, 'DatabaseFault');
      assert.notEqual(failure.nonRetryable, true);
      assert.ok(!failure.message.includes('secret'));
    } finally {
      await pool.end();
    }
  });
});
