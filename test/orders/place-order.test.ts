import assert from 'node:assert/strict';
import { ServiceError } from '@temporalio/client';
import { chargeRules } from '../../src/adapters/stripe/amounts.ts';
import { createOrderBatcher } from '../../src/orders/batching/batcher.ts';
import { NOT_TRACKED } from '../../src/orders/batching/in-flight.ts';
import type { CheckoutClient } from '../../src/orders/temporal/checkout-client.ts';
import { findOrder } from '../../src/orders/find-order.ts';
import { outageProblem } from '../../src/orders/lib/outage.ts';
import { placeOrder, type PlaceOrderCommand } from '../../src/orders/place-order.ts';
import { requestHash } from '../../src/orders/request-hash.ts';
import { createOutcomeWaiter } from '../../src/orders/waiting/outcome-waiter.ts';
import { NO_BRAKES } from '../../src/contracts/ports/brakes.ts';
import { orderRequest } from '../../harness/orders.ts';
import {
  carriedOrders,
  fakeCatalogue,
  fakeClaims,
  fakeFeed,
  fakeReader,
  fakeCheckoutClient,
  batching,
  mug,
  storedOrder,
} from '../support/orders/fakes.ts';

function shop(changes: Partial<CheckoutClient> = {}) {
  const feed = fakeFeed();
  const reader = fakeReader();
  const started = fakeCheckoutClient();
  const checkouts = { ...started, ...changes };
  const claims = fakeClaims();
  const batcher = createOrderBatcher(claims, checkouts, batching, NOT_TRACKED);
  const outcomeWaiter = createOutcomeWaiter(feed, reader);
  const made = { feed, reader, checkouts, claims, batcher, outcomeWaiter, recovery: carriedOrders };
  return { ...made, catalogue: fakeCatalogue(), chargeRules, brakes: NO_BRAKES };
}

const command = (changes: Partial<PlaceOrderCommand> = {}): PlaceOrderCommand => ({
  clientId: 'development',
  key: 'key-1',
  request: orderRequest(),
  waitMs: 0,
  ...changes,
});

describe('placing', () => {
  it('acknowledges nothing when Temporal cannot be reached', async () => {
    const gone = new ServiceError('Failed to start Workflow');
    await assert.rejects(placeOrder(shop({ start: () => Promise.reject(gone) }), command()), gone);
    assert.equal(outageProblem(gone)?.code, 'unavailable');
  });

  it('counts what takes PostgreSQL too long as an outage, which is retried', () => {
    for (const code of ['57014', '55P03', '25P03', '40P01'])
      assert.equal(outageProblem(Object.assign(new Error('canceled'), { code }))?.code, 'unavailable', code);
    assert.equal(outageProblem(new Error('Query read timeout'))?.code, 'unavailable');
    assert.equal(outageProblem(Object.assign(new Error('invalid'), { code: '22P02' })), undefined);
  });

  it('starts an order that is put off with the prices that it was shown, and shows them until then', async () => {
    const item = { ...mug };
    const parts = { ...shop(), catalogue: fakeCatalogue([item]) };
    const put = await placeOrder(parts, command({ notBefore: new Date(Date.now() + 3_600_000) }));
    const { orderId } = put.order;
    assert.deepEqual(parts.checkouts.started.get(orderId)?.prices, { 'mug-01': 1_200 });
    item.unitPrice = 9_900;
    assert.equal((await findOrder(parts, 'development', orderId)).total, 1_200);
    const repeated = await placeOrder(parts, command());
    assert.deepEqual([repeated.replayed, repeated.order.total], [true, 1_200]);
    const now = await placeOrder(parts, command({ key: 'key-2' }));
    assert.deepEqual(
      [parts.checkouts.started.get(now.order.orderId)?.prices, now.order.total],
      [undefined, 9_900],
    );
  });

  it('finds the order when the call is repeated after its answer was lost', async () => {
    const { started, ...temporal } = fakeCheckoutClient();
    let lost = true;
    const parts = shop({
      ...temporal,
      async start(order) {
        const isNew = await temporal.start(order);
        if (lost) throw new ServiceError('the answer was lost');
        return isNew;
      },
    });
    await assert.rejects(placeOrder(parts, command()));
    lost = false;
    const { replayed, order } = await placeOrder(parts, command());
    assert.equal(replayed, true);
    assert.equal(started.has(order.orderId), true);
    assert.equal(order.total, 1_200);
  });

  it('answers from PostgreSQL alone when the order is stored there', async () => {
    const parts = shop({ start: () => assert.fail(), find: () => assert.fail() });
    parts.reader.stored = storedOrder('paid', requestHash(orderRequest()));
    const { decided, replayed } = await placeOrder(parts, command({ waitMs: 60_000 }));
    assert.deepEqual([decided, replayed], [true, true]);
    await assert.rejects(placeOrder(parts, command({ request: orderRequest({ expectedTotal: 5 }) })), {
      code: 'idempotency_key_reused',
    });
  });

  it('takes over an order that was claimed by a process which died before it could start it', async () => {
    const parts = shop();
    const { orderId } = (await placeOrder(shop(), command())).order;
    const dead = {
      orderId,
      requestHash: requestHash(orderRequest()),
      workflowId: 'group/dead',
      epoch: 1,
      since: 0,
    };
    parts.claims.held.set(orderId, dead);
    assert.equal((await placeOrder(parts, command())).replayed, false);
    assert.equal(parts.checkouts.started.has(orderId), true);
  });

  it('refuses another body for a key that was claimed a moment ago', async () => {
    const parts = shop();
    const { orderId } = (await placeOrder(shop(), command())).order;
    const other = { orderId, requestHash: 'other', workflowId: 'group/1', epoch: 1, since: Date.now() };
    parts.claims.held.set(orderId, other);
    await assert.rejects(placeOrder(parts, command()), { code: 'idempotency_key_reused' });
  });

  it('ends its subscription, however it ends', async () => {
    const parts = shop();
    await assert.rejects(placeOrder({ ...parts, catalogue: fakeCatalogue([]) }, command({ waitMs: 5_000 })));
    const abandoned = command({ waitMs: 60_000, isAbandoned: () => true });
    const placed = placeOrder(parts, abandoned);
    await until(() => parts.checkouts.started.size === 1);
    parts.feed.say('ord', 0);
    assert.equal((await placed).decided, false);
    assert.equal(parts.feed.listeners(), 0);
  });

  it('wakes for the outcome and reads the order once for it, not for every event', async () => {
    const parts = shop();
    const placed = placeOrder(parts, command({ waitMs: 60_000 }));
    await until(() => parts.checkouts.started.size === 1);
    const before = parts.reader.reads;
    parts.feed.say('ord', 1, 'placed');
    parts.feed.say('ord', 2, 'reserved');
    await tick();
    assert.equal(parts.reader.reads, before);
    parts.reader.stored = storedOrder('paid');
    parts.feed.say('ord', 3, 'paid');
    assert.equal((await placed).order.status, 'paid');
    assert.equal(parts.reader.reads, before + 1);
  });

  it('does not miss an outcome that is known before it begins to wait', async () => {
    const parts = shop({
      start({ order }) {
        parts.reader.stored = storedOrder('out_of_stock');
        parts.feed.say(order.orderId, 2, 'out_of_stock');
        return Promise.resolve(true);
      },
    });
    const { decided } = await placeOrder(parts, command({ waitMs: 60_000 }));
    assert.equal(decided, true);
  });

  it('answers the order as accepted when PostgreSQL fails during the wait', async () => {
    const parts = shop();
    const placed = placeOrder(parts, command({ waitMs: 300 }));
    await until(() => parts.checkouts.started.size === 1);
    parts.reader.find = () => Promise.reject(new Error('gone'));
    parts.feed.say('ord', 0);
    const { order, decided } = await placed;
    assert.deepEqual([order.status, decided], ['placed', false]);
  });
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(check: () => boolean): Promise<void> {
  while (!check()) await tick();
  await tick();
}
