import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { MAX_CONCURRENT_ITEMS } from '../../src/contracts/batches.ts';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { eachOf, placeWithReturnedRefunds, REFUND_RETURNED, refundsOf } from '../support/returned-refunds.ts';
import { startSystem, type System } from '../support/system.ts';

const ORDERS = 200;
const AMOUNT = 300;

/** kill -9 of the process that has the API and all workers, and then of everything, while a batch makes 200 refunds again that the customers' banks have sent back. Only an operator's action makes those again. */
describe('a batch of 200 parked orders whose processes are killed', function () {
  this.timeout(600_000);
  let system: System;
  let orderIds: string[];

  before(async () => {
    system = await startSystem();
    orderIds = await placeWithReturnedRefunds(system, { orders: ORDERS, amount: AMOUNT });
  });
  after(() => system.stop());

  const reaches = (batchId: string, check: (batch: BatchView) => void, timeoutMs = 120_000) =>
    waitUntilPasses(async () => {
      const batch = await system.shop.batches.get(batchId);
      check(batch);
      return batch;
    }, timeoutMs);

  it('has one result for each order, and each refund is made once', async () => {
    const planned = await system.shop.batches.plan(
      { action: 'retry', cause: REFUND_RETURNED, query: { queue: 'attention' } },
      randomUUID(),
    );
    assert.equal(planned.confirmation, `retry ${ORDERS}`);
    const { batchId } = planned;
    await system.shop.batches.start(batchId, {
      confirmation: `retry ${ORDERS}`,
      note: 'the cards are valid',
    });

    await reaches(batchId, ({ counts }) => {
      assert.ok(counts.done >= 20, `${counts.done} done`);
    });
    await system.kill('app');
    await system.recovered();

    const { counts } = await reaches(batchId, ({ counts: now }) => {
      assert.ok(now.done >= 70, `${now.done} done`);
    });
    assert.ok(counts.done < ORDERS, 'the batch is not over before everything is killed');
    await system.killEverything();
    await system.start();

    const ended = await reaches(batchId, ({ state }) => {
      assert.ok(state === 'done' || state === 'stopped', state);
    });
    assert.deepEqual(
      [ended.state, ended.counts],
      ['done', { matched: ORDERS, pending: 0, running: 0, done: ORDERS, failed: 0, leftOut: 0 }],
    );
    let retryCount = 0;
    await eachOf(orderIds, async (orderId) => {
      const { payment, attention } = await system.shop.getOrder(orderId);
      assert.deepEqual([payment.refunded, attention], [AMOUNT, null]);
      assert.deepEqual(
        (await refundsOf(system, orderId)).map(({ status, amount }) => [status, amount]),
        [
          ['succeeded', AMOUNT],
          ['failed', AMOUNT],
        ],
        orderId,
      );
      const retries = (await system.shop.orderEvents(orderId)).filter(({ type }) =>
        type.includes('.attention_retry.'),
      );
      assert.ok(retries.length >= 1, orderId);
      retryCount += retries.length;
    });
    // The workflow of an order whose worker dies before Temporal knows of the recorded action records it again: one event more, no refund.
    assert.ok(retryCount <= ORDERS + 2 * MAX_CONCURRENT_ITEMS, `${retryCount} retries`);
    assert.deepEqual(await system.shop.audit(), []);
  });
});
