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
import { fakeClaims, fakeFeed, batching } from '../support/orders/fakes.ts';

/** Temporal, which takes as long to start a workflow as the test wants it to. */
function slowRuns(): CheckoutClient & { starts: Start[] } {
  const starts: Start[] = [];
  const begin = (workflowId: string, orders: CheckoutOrder[]): Promise<boolean> =>
    new Promise((resolve, reject) => starts.push({ workflowId, orders, resolve, reject }));
  return {
    starts,
    start: (order) => begin(`order/${order.orderId}`, [order]),
    startGroup: begin,
    find: () => Promise.resolve(undefined),
  };
}

interface Start {
  workflowId: string;
  orders: CheckoutOrder[];
  resolve: (started: boolean) => void;
  reject: (error: unknown) => void;
}

function open(changes: Partial<typeof batching> = {}, watch: TrackInFlight = NOT_TRACKED) {
  const runs = slowRuns();
  const claims = fakeClaims();
  const acceptance = createOrderBatcher(claims, runs, { ...batching, ...changes }, watch);
  return { runs, claims, acceptance };
}

const orders = (count: number): CheckoutOrder[] => Array.from({ length: count }, () => checkoutOrder());

const acceptAll = (acceptance: OrderBatcher, arriving: CheckoutOrder[]) =>
  arriving.map((order) => acceptance.accept(order));

describe('acceptance', () => {
  it('gives an order that comes alone a workflow of its own', async () => {
    const { runs, acceptance } = open();
    const [order] = orders(1);
    assert(order);
    const accepted = acceptance.accept(order);
    await settle();
    assert.deepEqual(
      runs.starts.map(({ workflowId }) => workflowId),
      [`order/${order.orderId}`],
    );
    runs.starts[0]?.resolve(true);
    assert.equal(await accepted, undefined);
  });

  it('gathers what arrives while every lane is taken, and starts it as one workflow', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 });
    const arriving = orders(8);
    const accepted = acceptAll(acceptance, arriving);
    await settle();
    assert.equal(runs.starts.length, 1);
    runs.starts[0]?.resolve(true);
    await settle();
    const [, group] = runs.starts;
    assert(group);
    assert.ok(group.workflowId.startsWith('group/'));
    assert.deepEqual(group.orders, arriving.slice(1));
    group.resolve(true);
    assert.deepEqual(
      await Promise.all(accepted),
      Array.from({ length: 8 }, () => undefined),
    );
    const { startsPerSecond, size, start } = acceptance.departures.read(60);
    assert.deepEqual([startsPerSecond * 60, size.mean, size.p95, start.count], [2, 4, 7, 8]);
  });

  it('lets the next go when those before are at rest, so that a rush makes large groups', async () => {
    const feed = fakeFeed();
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(feed, 60_000));
    const arriving = orders(5);
    void acceptAll(acceptance, arriving);
    await settle();
    runs.starts[0]?.resolve(true);
    await settle();
    assert.equal(runs.starts.length, 1);
    feed.say(arriving[0]?.orderId ?? '', 2, 'reserved');
    await settle();
    assert.equal(runs.starts.length, 1, 'its charge is still under way');
    feed.say(arriving[0]?.orderId ?? '', 3, 'paid');
    await settle();
    assert.deepEqual(runs.starts[1]?.orders, arriving.slice(1));
  });

  it('does not wait for one in ten whose payment is slow', async () => {
    const feed = fakeFeed();
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(feed, 60_000));
    const arriving = orders(12);
    const rest = async (from: number, to: number): Promise<void> => {
      for (const { orderId } of arriving.slice(from, to)) feed.say(orderId, 3, 'paid');
      await settle();
    };
    void acceptAll(acceptance, arriving.slice(0, 11));
    await settle();
    runs.starts[0]?.resolve(true);
    await settle();
    await rest(0, 1);
    runs.starts[1]?.resolve(true);
    void acceptAll(acceptance, arriving.slice(11));
    await rest(1, 9);
    assert.equal(runs.starts.length, 2, 'two of its ten are still under way');
    await rest(9, 10);
    assert.deepEqual(runs.starts[2]?.orders, arriving.slice(11));
  });

  it('lets the next go after a moment, however slow those before are', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 }, createInFlightTracker(fakeFeed(), 1));
    void acceptAll(acceptance, orders(3));
    await settle();
    runs.starts[0]?.resolve(true);
    await waitUntilPasses(() => {
      assert.equal(runs.starts.length, 2);
    });
  });

  it('makes no group larger than it may be, and serves first who came first', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1, maxSize: 3 });
    const arriving = orders(6);
    void acceptAll(acceptance, arriving);
    await settle();
    for (let n = 0; n < 2; n += 1) {
      runs.starts[n]?.resolve(true);
      await settle();
    }
    assert.deepEqual(
      runs.starts.map(({ orders: started }) => started),
      [arriving.slice(0, 1), arriving.slice(1, 4), arriving.slice(4)],
    );
  });

  it('gives every order a workflow of its own where batching is off', async () => {
    const { runs, acceptance } = open({ mode: 'off', maxConcurrentBatches: 1 });
    const arriving = orders(5);
    void acceptAll(acceptance, arriving);
    await settle();
    assert.deepEqual(
      runs.starts.map(({ workflowId }) => workflowId),
      arriving.map(({ orderId }) => `order/${orderId}`),
    );
  });

  it('starts an order once that two processes accept at the same moment', async () => {
    const { runs, claims, acceptance } = open({ maxConcurrentBatches: 1 });
    const other = createOrderBatcher(claims, runs, { ...batching, maxConcurrentBatches: 1 }, NOT_TRACKED);
    const [first, shared, last] = orders(3);
    assert(first && shared && last);
    const accepted = acceptAll(acceptance, [first, shared, last]);
    const elsewhere = other.accept(shared);
    await settle();
    for (let n = 0; n < 3; n += 1) {
      runs.starts[n]?.resolve(true);
      await settle();
    }
    assert.equal(runs.starts.flatMap((start) => start.orders).filter((order) => order === shared).length, 1);
    const answers = [await accepted[1], await elsewhere];
    assert.equal(answers.filter((holder) => holder === undefined).length, 1);
    assert.equal(await accepted[2], undefined);
  });

  it('never puts an order into a group twice', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 });
    const [first, twice] = orders(2);
    assert(first && twice);
    const accepted = acceptAll(acceptance, [first, twice, twice]);
    // Temporal starts a workflow of this id once.
    for (const isNew of [true, true, false]) {
      await settle();
      runs.starts.at(-1)?.resolve(isNew);
    }
    const [, once, again] = await Promise.all(accepted);
    assert.ok(runs.starts.every((start) => start.orders.length === 1));
    assert.equal(once, undefined);
    assert.equal(again?.orderId, twice.orderId);
  });

  it('tells everyone of a group that could not be started, and goes on with the next', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1 });
    const accepted = acceptAll(acceptance, orders(3));
    await settle();
    runs.starts[0]?.resolve(true);
    await settle();
    const late = acceptAll(acceptance, orders(1));
    runs.starts[1]?.reject(new Error('gone'));
    const [, second, third] = await Promise.allSettled(accepted);
    assert.deepEqual([second?.status, third?.status], ['rejected', 'rejected']);
    await settle();
    runs.starts[2]?.resolve(true);
    assert.equal(await late[0], undefined);
  });

  it('refuses what is more than can wait, and loses nothing of what it has', async () => {
    const { runs, acceptance } = open({ maxConcurrentBatches: 1, maxQueued: 2 });
    const accepted = acceptAll(acceptance, orders(3));
    const [refused] = acceptAll(acceptance, orders(1));
    await assert.rejects(refused ?? Promise.resolve(), { code: 'too_busy' });
    await settle();
    runs.starts[0]?.resolve(true);
    await settle();
    runs.starts[1]?.resolve(true);
    assert.deepEqual(await Promise.all(accepted), [undefined, undefined, undefined]);
  });
});

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
