import type { BatchStore } from '../adapters/postgres/batch-store.ts';
import type { BatchResult } from '../contracts/batches.ts';
import type { Families } from './families.ts';

const RESULTS: readonly BatchResult[] = ['done', 'failed', 'left_out'];

/** Counts what became of the orders of batches when it is recorded. */
export function observeBatchResults(
  { batchItems }: Pick<Families, 'batchItems'>,
  store: BatchStore,
): BatchStore {
  for (const outcome of RESULTS) batchItems.inc({ outcome }, 0);
  return {
    ...store,
    async begin(batchId, number) {
      const answer = await store.begin(batchId, number);
      // An order that has changed is left out when its turn comes, without a result of its own.
      if (answer.take === 'settled' && answer.outcome === 'left_out') batchItems.inc({ outcome: 'left_out' });
      return answer;
    },
    async settle(batchId, number, result, maxFailures) {
      const isFirst = await store.settle(batchId, number, result, maxFailures);
      if (isFirst) batchItems.inc({ outcome: result.outcome });
      return isFirst;
    },
  };
}
