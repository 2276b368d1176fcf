import assert from 'node:assert/strict';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import { createOrderBatcher, type OrderBatcher } from '../../src/orders/batching/batcher.ts';
import type { CheckoutClient } from '../../src/orders/temporal/checkout-client.ts';
import {
  createInFlightTracker,
  NOT_TRACKED,
  type TrackInFlight,
} from '../../src/orders/batching/in-flight.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { fakeCheckoutClient, fakeClaims, fakeFeed, batching } from '../support/orders/fakes.ts';

/** A Temporal that starts each workflow when the test says so. */
function slowCheckoutClient(): CheckoutClient & { starts: Start[] } {
  const starts: Start[] = [];
  const begin = (workflowId: string, orders: CheckoutOrder[]): Promise<boolean> =>
    new Promise((resolve, reject) => starts.push({ workflowId, orders, resolve, reject }));
  return {
    ...fakeCheckoutClient(),
    starts,
    start: ({ order }) => begin(`order/${order.orderId}`, [order]),
    startGroup: (workflowId, starts) =>
      begin(
        workflowId,
        starts.map(({ order }) => order),
      ),
  };
}

interface Start {
  workflowId: string;
  orders: CheckoutOrder[];
  resolve: (started: boolean) => void;
  reject: (error: unknown) => void;
}

function open(changes: Partial<typeof batching> = {}, watch: TrackInFlight = NOT_TRACKED) {
  const checkouts = slowCheckoutClient();
  const claims = fakeClaims();
  const batcher = createOrderBatcher(claims, checkouts, { ...batching, ...changes }, watch);
  return { checkouts, claims, batcher };
}

const orders = (count: number): CheckoutOrder[] => Array.from({ length: count }, () => checkoutOrder());

const acceptAll = (batcher: OrderBatcher, arriving: CheckoutOrder[]) =>
  arriving.map((order) => batcher.accept(order));

describe('the order batcher', () => {
  it('starts an order that arrives alone in a workflow of its own', async () => {
    const { checkouts, batcher } = open();
    const [order] = orders(1);
    assert(order);
    const accepted = batcher.accept(order);
    await settle();
    assert.deepEqual(
      checkouts.starts.map(({ workflowId }) => workflowId),
      [`order/${order.orderId}`],
    );
    checkouts.starts[0]?.resolve(true);
    assert.equal(await accepted, undefined);
  });

  it('starts the orders that arrive while a batch is in progress as one workflow', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 });
    const arriving = orders(8);
    const accepted = acceptAll(batcher, arriving);
    await settle();
    assert.equal(checkouts.starts.length, 1);
    checkouts.starts[0]?.resolve(true);
    await settle();
    const [, group] = checkouts.starts;
    assert(group);
    assert.ok(group.workflowId.startsWith('group/'));
    assert.deepEqual(group.orders, arriving.slice(1));
    group.resolve(true);
    assert.deepEqual(
      await Promise.all(accepted),
      Array.from({ length: 8 }, () => undefined),
    );
    const { startsPerSecond, size, start } = batcher.batchMetrics.read(60);
    assert.deepEqual([startsPerSecond * 60, size.mean, size.p95, start.count], [2, 4, 7, 8]);
  });

  it('starts the next batch when the orders of the last one are at rest, so that batches grow with the load', async () => {
    const feed = fakeFeed();
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(feed, 60_000));
    const arriving = orders(5);
    void acceptAll(batcher, arriving);
    await settle();
    checkouts.starts[0]?.resolve(true);
    await settle();
    assert.equal(checkouts.starts.length, 1);
    feed.say(arriving[0]?.orderId ?? '', 2, 'reserved');
    await settle();
    assert.equal(checkouts.starts.length, 1, 'its charge is still in flight');
    feed.say(arriving[0]?.orderId ?? '', 3, 'paid');
    await settle();
    assert.deepEqual(checkouts.starts[1]?.orders, arriving.slice(1));
  });

  it('does not wait for one order in ten whose payment is slow', async () => {
    const feed = fakeFeed();
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(feed, 60_000));
    const arriving = orders(12);
    const rest = async (from: number, to: number): Promise<void> => {
      for (const { orderId } of arriving.slice(from, to)) feed.say(orderId, 3, 'paid');
      await settle();
    };
    void acceptAll(batcher, arriving.slice(0, 11));
    await settle();
    checkouts.starts[0]?.resolve(true);
    await settle();
    await rest(0, 1);
    checkouts.starts[1]?.resolve(true);
    void acceptAll(batcher, arriving.slice(11));
    await rest(1, 9);
    assert.equal(checkouts.starts.length, 2, 'two of its ten are still in flight');
    await rest(9, 10);
    assert.deepEqual(checkouts.starts[2]?.orders, arriving.slice(11));
  });

  it('starts the next batch after a moment, however slow the orders of the last one are', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(fakeFeed(), 1));
    void acceptAll(batcher, orders(3));
    await settle();
    checkouts.starts[0]?.resolve(true);
    await waitUntilPasses(() => {
      assert.equal(checkouts.starts.length, 2);
    });
  });

  it('makes no batch larger than its limit, and starts orders in the order of their arrival', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1, maxSize: 3 });
    const arriving = orders(6);
    void acceptAll(batcher, arriving);
    await settle();
    for (let n = 0; n < 2; n += 1) {
      checkouts.starts[n]?.resolve(true);
      await settle();
    }
    assert.deepEqual(
      checkouts.starts.map(({ orders: started }) => started),
      [arriving.slice(0, 1), arriving.slice(1, 4), arriving.slice(4)],
    );
  });

  it('starts every order in a workflow of its own where batching is off', async () => {
    const { checkouts, batcher } = open({ mode: 'off', maxConcurrentBatches: 1 });
    const arriving = orders(5);
    void acceptAll(batcher, arriving);
    await settle();
    assert.deepEqual(
      checkouts.starts.map(({ workflowId }) => workflowId),
      arriving.map(({ orderId }) => `order/${orderId}`),
    );
  });

  it('does not answer for an order that was taken over while its start took too long', async () => {
    const { checkouts, claims, batcher } = open();
    const [order] = orders(1);
    assert(order);
    const realNow = performance.now.bind(performance);
    const accepted = batcher.accept(order);
    await settle();
    const taken = { ...order, workflowId: 'group/other', epoch: 2, since: Date.now() };
    claims.held.set(order.orderId, taken);
    performance.now = () => realNow() + 6_000;
    try {
      checkouts.starts[0]?.resolve(true);
      assert.equal((await accepted)?.workflowId, 'group/other');
    } finally {
      performance.now = realNow;
    }
  });

  it('starts an order once though two processes accept it at the same moment', async () => {
    const { checkouts, claims, batcher } = open({ maxConcurrentBatches: 1 });
    const other = createOrderBatcher(
      claims,
      checkouts,
      { ...batching, maxConcurrentBatches: 1 },
      NOT_TRACKED,
    );
    const [first, shared, last] = orders(3);
    assert(first && shared && last);
    const accepted = acceptAll(batcher, [first, shared, last]);
    const elsewhere = other.accept(shared);
    await settle();
    for (let n = 0; n < 3; n += 1) {
      checkouts.starts[n]?.resolve(true);
      await settle();
    }
    assert.equal(
      checkouts.starts.flatMap((start) => start.orders).filter((order) => order === shared).length,
      1,
    );
    const answers = [await accepted[1], await elsewhere];
    assert.equal(answers.filter((holder) => holder === undefined).length, 1);
    assert.equal(await accepted[2], undefined);
  });

  it('never has an order in a batch twice', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 });
    const [first, twice] = orders(2);
    assert(first && twice);
    const accepted = acceptAll(batcher, [first, twice, twice]);
    // Temporal starts a workflow of this id once.
    for (const isNew of [true, true, false]) {
      await settle();
      checkouts.starts.at(-1)?.resolve(isNew);
    }
    const [, once, again] = await Promise.all(accepted);
    assert.ok(checkouts.starts.every((start) => start.orders.length === 1));
    assert.equal(once, undefined);
    assert.equal(again?.orderId, twice.orderId);
  });

  it('rejects every order of a batch that could not be started, and starts the next batch', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1 });
    const accepted = acceptAll(batcher, orders(3));
    await settle();
    checkouts.starts[0]?.resolve(true);
    await settle();
    const late = acceptAll(batcher, orders(1));
    checkouts.starts[1]?.reject(new Error('gone'));
    const [, second, third] = await Promise.allSettled(accepted);
    assert.deepEqual([second?.status, third?.status], ['rejected', 'rejected']);
    await settle();
    checkouts.starts[2]?.resolve(true);
    assert.equal(await late[0], undefined);
  });

  it('refuses orders beyond the limit of the queue, and loses none that are in it', async () => {
    const { checkouts, batcher } = open({ maxConcurrentBatches: 1, maxQueued: 2 });
    const accepted = acceptAll(batcher, orders(3));
    const [refused] = acceptAll(batcher, orders(1));
    await assert.rejects(refused ?? Promise.resolve(), { code: 'too_busy' });
    await settle();
    checkouts.starts[0]?.resolve(true);
    await settle();
    checkouts.starts[1]?.resolve(true);
    assert.deepEqual(await Promise.all(accepted), [undefined, undefined, undefined]);
  });
});

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
