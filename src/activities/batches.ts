import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { BatchStore } from '../adapters/postgres/batch-store.ts';
import {
  BATCH_ORDERS_PER_SECOND,
  BATCH_PAGE_SIZE,
  MAX_CONCURRENT_ITEMS,
  MAX_FAILURES_IN_ROW,
  type BatchItemResult,
  type BatchTurn,
} from '../contracts/batches.ts';
import type { BatchActivities } from '../contracts/temporal/batches.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface BatchActivityParts {
  store: Pick<BatchStore, 'next' | 'begin' | 'settle' | 'finish'>;
  /** Runs the action on one order. Never rejects, and is safe to run twice. */
  runTurn: (turn: BatchTurn) => Promise<BatchItemResult>;
  /** Default {@link BATCH_ORDERS_PER_SECOND}. */
  ordersPerSecond?: number;
}

export const createBatchActivities = (parts: BatchActivityParts): BatchActivities => ({
  runBatchPage: ({ batchId }) => withHeartbeat(() => runPage(parts, batchId)),
  finishBatch: async ({ batchId, cause }) => ({ batchId, state: await parts.store.finish(batchId, cause) }),
});

async function runPage(parts: BatchActivityParts, batchId: string): Promise<number> {
  const { store, ordersPerSecond = BATCH_ORDERS_PER_SECOND } = parts;
  const { cancellationSignal } = Context.current();
  const turnMs = (MAX_CONCURRENT_ITEMS * 1_000) / ordersPerSecond;
  const numbers = (await store.next(batchId, BATCH_PAGE_SIZE)).values();
  let settled = 0;

  // All take their orders from the same iterator. Each ends with its order, also when the activity is cancelled.
  async function takeTurns(): Promise<void> {
    for (const number of numbers) {
      if (cancellationSignal.aborted) return;
      const begunAt = performance.now();
      const answer = await store.begin(batchId, number);
      if (answer.take === 'stop') return;
      settled += 1;
      if (answer.take === 'settled') continue;
      const result = await parts.runTurn(answer.turn);
      await store.settle(batchId, number, result, MAX_FAILURES_IN_ROW);
      await delay(Math.max(0, turnMs - (performance.now() - begunAt)));
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: MAX_CONCURRENT_ITEMS }, takeTurns));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  cancellationSignal.throwIfAborted();
  return settled;
}
