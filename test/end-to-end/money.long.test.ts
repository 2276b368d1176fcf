import assert from 'node:assert/strict';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { ApiError } from '../../harness/api/errors.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

const METHODS = [
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_card_authenticationRequired',
  'pm_sandbox_slow',
  'pm_sandbox_timeout_after_charge',
  'pm_sandbox_error_once',
  'pm_sandbox_outage',
  'pm_sandbox_refund_fails',
] as const;
type Method = (typeof METHODS)[number];

const isDeclined = (method: Method): boolean => method.includes('Declined');

describe('money and stock when an order is cancelled or a process killed at the worst moment', function () {
  this.timeout(180_000);
  let system: System;
  let sku: string;

  beforeEach(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '1500' });
    sku = await system.shop.createItem(100);
  });
  afterEach(() => system.stop());

  const place = (method: Method): Promise<OrderView> =>
    system.shop.place({ lines: [line(sku)], payment: { method } });

  /** Returns the HTTP status with which the cancellation was refused, if it was. */
  const cancel = (orderId: string): Promise<number | undefined> =>
    system.shop.cancelOrder(orderId).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof ApiError) return error.status;
        throw error;
      },
    );

  /** The outage ends, refunds work again, and an operator has every step that waits for one tried at once. */
  async function repair(orders: OrderView[]): Promise<void> {
    await system.sandbox.post('/outage', { until: new Date().toISOString() });
    await system.sandbox.post('/refunds/heal');
    for (const { orderId } of orders) {
      const { attention } = await system.shop.getOrder(orderId);
      if (attention) await system.shop.resolveAttention(orderId, { action: 'retry', note: 'healed' });
    }
  }

  async function assertConsistent(orders: OrderView[]): Promise<void> {
    assert.deepEqual(await system.shop.audit(), []);
    const sold = orders.filter(({ status }) => status === 'paid').length;
    const { available, held, sold: counted } = await system.shop.getStock(sku);
    assert.deepEqual({ available, held, sold: counted }, { available: 100 - sold, held: 0, sold });
  }

  for (const [when, moment] of [
    ['at once', () => Promise.resolve()],
    ['while it is charged', (orderId: string) => reachesWaiting(orderId)],
    ['when its outcome is known', (orderId: string) => atRest(orderId)],
  ] as const) {
    it(`an order that is cancelled ${when} reaches its correct end, whatever its payment does, and the shop keeps no money`, async () => {
      const orders = await Promise.all(METHODS.map(place));
      const refusals = await Promise.all(
        orders.map(async ({ orderId }, index) => {
          await moment(orderId);
          // The cancel waits for the outage to end, and for the refund that fails to be parked.
          if (METHODS[index] === 'pm_sandbox_outage') setTimeout(() => void repair([]), 2_000).unref();
          return cancel(orderId);
        }),
      );
      await repair(orders);
      const ended = await Promise.all(
        orders.map(({ orderId }) =>
          waitUntilPasses(async () => {
            const order = await system.shop.getOrder(orderId);
            assert.ok(
              ['cancelled', 'payment_failed'].includes(order.status),
              `${orderId} is ${order.status}`,
            );
            return order;
          }, 60_000),
        ),
      );
      for (const [index, { status }] of ended.entries()) {
        const method = METHODS[index] ?? 'pm_card_visa';
        const refusedWith = refusals[index];
        if (isDeclined(method) && status === 'payment_failed') assert.equal(refusedWith, 409, method);
        else assert.deepEqual([status, refusedWith], ['cancelled', undefined], method);
      }
      await assertConsistent(ended);
    });
  }

  it('orders whose process is killed reach their correct end, whatever their payment does', async () => {
    const orders = await Promise.all(METHODS.map(place));
    await system.kill('app');
    await system.recovered();
    const waiting = await Promise.all(orders.map(({ orderId }) => reachesWaiting(orderId)));
    await repair(orders);
    for (const { payment } of waiting)
      if (payment.method === 'pm_card_authenticationRequired')
        await system.sandbox.post(`/payment_intents/${payment.paymentIntentId ?? ''}/authenticate`, {
          outcome: 'succeeded',
        });
    const ended = await Promise.all(orders.map(({ orderId }) => system.shop.outcome(orderId)));
    assert.deepEqual(
      ended.map(({ status }) => status),
      METHODS.map((method) => (isDeclined(method) ? 'payment_failed' : 'paid')),
    );
    await assertConsistent(ended);
  });

  it('an item that many buy at once is sold as often as it is in stock, and no more', async () => {
    const hot = await system.shop.createItem(50);
    const buyers = Array.from({ length: 200 }, async () => {
      const order = await system.shop.place({ lines: [line(hot)] }, { wait: 30 });
      return (await system.shop.outcome(order.orderId, 120_000)).status;
    });
    const statuses = await Promise.all(buyers);
    const count = (status: string): number => statuses.filter((each) => each === status).length;
    assert.deepEqual([count('paid'), count('out_of_stock')], [50, 150]);
    assert.deepEqual(await system.shop.audit(), []);
  });

  /** Waits until the order is being charged, or beyond. */
  const reachesWaiting = (orderId: string): Promise<OrderView> =>
    waitUntilPasses(async () => {
      const order = await system.shop.getOrder(orderId);
      assert.notEqual(order.status, 'placed');
      if (order.payment.method === 'pm_card_authenticationRequired')
        assert.equal(order.status, 'awaiting_customer');
      return order;
    }, 30_000);

  /** Waits until the order is decided or somebody else has to act first. */
  const atRest = (orderId: string): Promise<OrderView> =>
    waitUntilPasses(async () => {
      const order = await system.shop.getOrder(orderId);
      assert.ok(!['placed', 'reserved'].includes(order.status), `${orderId} is ${order.status}`);
      return order;
    }, 60_000);
});
