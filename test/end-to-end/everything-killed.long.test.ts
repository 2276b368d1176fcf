import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { isDecided } from '../../src/domain/order-status.ts';
import { assertChargedAsOrdered, assertStockAddsUp, mailsSent } from '../support/audit.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

const METHODS = [
  'pm_card_visa',
  'pm_sandbox_slow',
  'pm_sandbox_timeout_after_charge',
  'pm_sandbox_error_once',
  'pm_card_chargeDeclined',
];
const ORDERS = 100;
const ON_HAND = [40, 5]; // enough of the first, too few of the second

/** kill -9 of the parent, the application, the sandbox, the Temporal server and PostgreSQL, all in one moment. */
describe('everything killed with a hundred orders in flight', function () {
  this.timeout(180_000);
  let system: System;
  let orders: OrderView[];
  let skus: string[];
  /** How many of the acknowledged orders were not decided when the system ran again. */
  let undecidedCount: number;

  before(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '2000' });
    skus = await Promise.all(ON_HAND.map((onHand) => system.shop.createItem(onHand, 2_500)));
    const placements = Array.from({ length: ORDERS }, (_, n) => ({
      key: randomUUID(),
      changes: {
        // Every tenth takes both items, half of them in the opposite order.
        lines: (n % 20 === 0 ? [1, 0] : n % 10 === 0 ? [0, 1] : [0]).map((item) => line(skus[item] ?? '')),
        payment: { method: METHODS[n % METHODS.length] ?? '' },
      },
    }));

    const sent = placements.map(({ key, changes }) => system.shop.place(changes, { key }));
    let accepted = 0;
    for (const answer of sent)
      answer.then(
        () => (accepted += 1),
        () => undefined,
      );
    await waitUntilPasses(() => {
      assert.ok(accepted >= ORDERS * 0.6);
    });
    await system.killEverything();
    const answers = await Promise.allSettled(sent);
    await system.start();

    const acknowledged = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const now = await Promise.all(acknowledged.map(({ orderId }) => system.shop.getOrder(orderId)));
    undecidedCount = now.filter(({ status }) => !isDecided(status)).length;

    // An order that got no answer is placed again with the same key, as a storefront does.
    const placed = await Promise.all(
      placements.map(async ({ key, changes }, n) => {
        const answer = answers[n];
        if (answer?.status === 'fulfilled') return answer.value;
        return waitUntilPasses(() => system.shop.place(changes, { key }));
      }),
    );
    orders = await Promise.all(placed.map(({ orderId }) => system.shop.outcome(orderId, 120_000)));
  });
  after(() => system.stop());

  it('every order that was accepted reaches its end', () => {
    assert.ok(undecidedCount >= 10, `only ${undecidedCount} orders were undecided`);
    assert.equal(new Set(orders.map(({ orderId }) => orderId)).size, ORDERS);
    const ends = new Set(orders.map(({ status }) => status));
    assert.deepEqual([...ends].sort(), ['out_of_stock', 'paid', 'payment_failed']);
  });

  it('the provider has the money of each paid order once, and of no other', async () => {
    for (const order of orders) await assertChargedAsOrdered(system, order);
    let charges = 0;
    for await (const intent of system.sandbox.stripe.paymentIntents.list({ limit: 100 }))
      if (intent.status === 'succeeded') charges += 1;
    assert.equal(charges, orders.filter(({ status }) => status === 'paid').length);
  });

  it('every piece of every item is on hand or sold, and none is held', async () => {
    for (const [n, sku] of skus.entries()) await assertStockAddsUp(system, sku, ON_HAND[n] ?? 0, orders);
  });

  it('each customer has each mail, under one Message-ID', async () => {
    for (const { orderId, status } of orders) {
      // A customer whose payment was unknown for a while has the mail `created` too.
      const waited = (await system.shop.orderEvents(orderId)).some(({ type }) =>
        type.includes('payment_unknown'),
      );
      await mailsSent(system, orderId, status === 'paid' || waited ? ['created', status] : [status]);
    }
  });

  it('the events of each order are numbered without a gap', async () => {
    for (const { orderId } of orders) {
      const sequences = (await system.shop.orderEvents(orderId)).map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        sequences.map((_, n) => n + 1),
      );
    }
  });
});
