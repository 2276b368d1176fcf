import assert from 'node:assert/strict';
import fc from 'fast-check';
import { closedLoop, intendedAfter, openLoop } from '../../../harness/load/generate.ts';
import { summarise } from '../../../src/domain/statistics.ts';
import { VirtualClock } from '../../support/cli/virtual-clock.ts';

const never = new AbortController().signal;

/** A server that answers in `serviceMs`, but nothing at all between two times. */
function serverOf(clock: VirtualClock, serviceMs: number, stall = { from: Infinity, to: Infinity }) {
  const sentAt: number[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const send = async (index: number): Promise<number> => {
    sentAt.push(clock.now());
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    const now = clock.now();
    await clock.until((now >= stall.from && now < stall.to ? stall.to : now) + serviceMs);
    inFlight -= 1;
    return index;
  };
  return { send, sentAt, mostInFlight: () => mostInFlight };
}

describe('the open loop', () => {
  it('sends at the rate, however long the answers take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 2000 }),
        async (ratePerSecond, orders, serviceMs) => {
          const clock = new VirtualClock();
          const { send, sentAt } = serverOf(clock, serviceMs);
          const times: number[] = [];
          const loop = openLoop(send, (_, ms) => times.push(ms), {
            ...{ orders, durationMs: Infinity, signal: never, clock },
            ...{ ratePerSecond, maxInFlight: Infinity },
          });
          await clock.run(loop);
          assert.deepEqual(
            sentAt,
            sentAt.map((_, index) => intendedAfter(index, ratePerSecond)),
          );
          assert.equal(times.length, orders);
          for (const ms of times) assert.ok(Math.abs(ms - serviceMs) < 1e-6);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('does not drift: order number n x rate is due after n seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 86_400 }),
        (rate, seconds) => {
          assert.equal(intendedAfter(rate * seconds, rate), seconds * 1000);
        },
      ),
    );
  });

  it('includes the delay of orders that are sent late because the server stalled', async () => {
    const clock = new VirtualClock();
    const { send, mostInFlight } = serverOf(clock, 5, { from: 1000, to: 2000 });
    const times: number[] = [];
    const loop = openLoop(send, (_, ms) => times.push(ms), {
      ...{ orders: 300, durationMs: Infinity, signal: never, clock },
      ...{ ratePerSecond: 100, maxInFlight: 1 },
    });
    await clock.run(loop);
    assert.equal(mostInFlight(), 1);
    // 100 orders were due within the second of the stall: the first waited for all of it, the last for little.
    const summary = summarise(times);
    assert.ok(summary);
    assert.equal(summary.max, 1005);
    assert.ok(summary.p95 > 700, `p95 ${summary.p95}`);
    assert.ok(times.filter((ms) => ms > 5).length >= 100);
  });

  it('never exceeds the limit of orders in flight', async () => {
    const clock = new VirtualClock();
    const { send, mostInFlight } = serverOf(clock, 1000);
    const options = { ratePerSecond: 1000, maxInFlight: 7 };
    await clock.run(
      openLoop(send, () => undefined, { orders: 50, durationMs: Infinity, signal: never, clock, ...options }),
    );
    assert.equal(mostInFlight(), 7);
  });

  it('sends every order that is due within the duration, and no other', async () => {
    const clock = new VirtualClock();
    const { send, sentAt } = serverOf(clock, 400);
    const options = { ratePerSecond: 10, maxInFlight: 1 };
    await clock.run(
      openLoop(send, () => undefined, {
        orders: Infinity,
        durationMs: 1000,
        signal: never,
        clock,
        ...options,
      }),
    );
    assert.equal(sentAt.length, 10);
  });
});

describe('the closed loop', () => {
  it('sends every order once and keeps the concurrency', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        async (orders, concurrency) => {
          const clock = new VirtualClock();
          const { send, mostInFlight } = serverOf(clock, 10);
          const done: number[] = [];
          const limits = { orders, durationMs: Infinity, signal: never, clock };
          await clock.run(
            closedLoop(
              send,
              (index, ms) => {
                done.push(index);
                assert.equal(ms, 10);
              },
              { ...limits, concurrency },
            ),
          );
          assert.deepEqual(
            done.toSorted((a, b) => a - b),
            Array.from({ length: orders }, (_, index) => index),
          );
          assert.equal(mostInFlight(), Math.min(orders, concurrency));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('ends at the signal, and waits for orders in flight', async () => {
    const clock = new VirtualClock();
    const { send } = serverOf(clock, 10);
    const controller = new AbortController();
    let done = 0;
    const limits = { orders: Infinity, durationMs: Infinity, signal: controller.signal, clock };
    await clock.run(
      closedLoop(
        send,
        () => {
          done += 1;
          if (done === 6) controller.abort();
        },
        { ...limits, concurrency: 4 },
      ),
    );
    assert.equal(done, 9); // the two of the second round that were still in flight, and the two sent before the sixth
  });

  it('ends after the duration', async () => {
    const clock = new VirtualClock();
    const { send, sentAt } = serverOf(clock, 10);
    const limits = { orders: Infinity, durationMs: 95, signal: never, clock };
    await clock.run(closedLoop(send, () => undefined, { ...limits, concurrency: 1 }));
    assert.equal(sentAt.length, 10);
  });
});
