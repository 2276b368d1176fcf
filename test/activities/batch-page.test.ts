import assert from 'node:assert/strict';
import { createBatchActivities, type BatchActivityParts } from '../../src/activities/batches.ts';
import {
  BATCH_ORDERS_PER_SECOND,
  MAX_CONCURRENT_ITEMS,
  type BatchTurn,
} from '../../src/contracts/batches.ts';
import { runActivity } from '../support/activity-runs.ts';

const ORDERS = 24;

describe('the page of a batch', () => {
  const turn = (number: number): BatchTurn => ({
    batchId: 'bat_1',
    orderId: `ord_${number}`,
    clientId: 'shop',
    action: 'refund',
    note: 'why',
    startedBy: { clientId: 'shop', keyId: 'key' },
  });

  /** Runs a page of so many orders, and says when each turn began, what was recorded, and how many turns there were at a time. */
  async function page(changes: Partial<BatchActivityParts> = {}) {
    const begun: number[] = [];
    const settled: number[] = [];
    let atOnce = 0;
    let most = 0;
    const activities = createBatchActivities({
      store: {
        next: () => Promise.resolve(Array.from({ length: ORDERS }, (_, index) => index + 1)),
        begin: (_, number) => Promise.resolve({ take: 'go', turn: turn(number) }),
        settle: (_, number) => {
          settled.push(number);
          return Promise.resolve(true);
        },
        finish: () => Promise.resolve('done'),
      },
      async runTurn() {
        begun.push(performance.now());
        atOnce += 1;
        most = Math.max(most, atOnce);
        await Promise.resolve();
        atOnce -= 1;
        return { outcome: 'done' };
      },
      ordersPerSecond: 400,
      ...changes,
    });
    const count = await runActivity(activities, 'runBatchPage', [{ batchId: 'bat_1' }]);
    return { count, begun, settled, most };
  }

  it('gives every order one turn and one result, so many at a time and so many a second at most', async () => {
    const { count, begun, settled, most } = await page();
    assert.equal(count, ORDERS);
    assert.deepEqual(
      settled.toSorted((a, b) => a - b),
      Array.from({ length: ORDERS }, (_, index) => index + 1),
    );
    assert.ok(most <= MAX_CONCURRENT_ITEMS, `${most} at a time`);
    // The first ones begin at once, each of the others when the one before it has had its time.
    const [first = 0] = begun;
    const tookMs = (begun.at(-1) ?? 0) - first;
    const leastMs = ((ORDERS - MAX_CONCURRENT_ITEMS) / 400) * 1_000;
    assert.ok(tookMs >= leastMs * 0.9, `${Math.round(tookMs)} ms, at least ${leastMs} ms`);
    assert.equal(BATCH_ORDERS_PER_SECOND, 10);
  });

  it('begins no further order once one of them is told to stop', async () => {
    const asked: number[] = [];
    const { count } = await page({
      store: {
        next: () => Promise.resolve([1, 2, 3, 4, 5, 6, 7, 8, 9]),
        begin: (_, number) => {
          asked.push(number);
          return Promise.resolve(number > 3 ? { take: 'stop' } : { take: 'go', turn: turn(number) });
        },
        settle: () => Promise.resolve(true),
        finish: () => Promise.resolve('stopped'),
      },
    });
    assert.equal(count, 3);
    assert.ok(asked.length <= 3 + MAX_CONCURRENT_ITEMS, asked.join());
  });
});
