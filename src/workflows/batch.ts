import {
  ActivityCancellationType,
  CancellationScope,
  continueAsNew,
  defineSignal,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  STOP_BATCH_SIGNAL,
  type BatchActivities,
  type BatchInput,
  type BatchSummary,
} from '../contracts/temporal/batches.ts';

/**
 * A page is up to 50 orders. Each may wait for the payment provider or for an operator's step, and a page that another worker takes up
 * again goes on with the orders that have no result. The missing heartbeat shows that a worker has died. Retried without a limit: what is
 * missing is PostgreSQL, and the batch must end as it is recorded.
 */
const { runBatchPage, finishBatch } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '10s',
  // The orders in progress get their results.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** A run has at most so many pages, so that its history stays short. */
const MAX_PAGES = 500;

const stopBatch = defineSignal(STOP_BATCH_SIGNAL);

/**
 * Carries a batch: one action of an operator on many orders. PostgreSQL has the orders, their results and the order to stop; this workflow
 * makes sure that somebody works on them. Ended from Temporal's UI by a cancellation, it records that it was.
 */
export async function batch({ batchId }: BatchInput): Promise<BatchSummary> {
  const stop = { isRequested: false };
  setHandler(stopBatch, () => {
    stop.isRequested = true;
  });
  try {
    for (let pages = 0; ; pages += 1) {
      const settled = await runBatchPage({ batchId });
      if (settled === 0 || stop.isRequested) break;
      if (pages >= MAX_PAGES || workflowInfo().continueAsNewSuggested)
        await continueAsNew<typeof batch>({ batchId });
    }
    return await finishBatch({ batchId, ...(stop.isRequested && { cause: 'operator' as const }) });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    log.warn('batch was cancelled from outside', { batchId });
    return CancellationScope.nonCancellable(() => finishBatch({ batchId, cause: 'workflow_ended' }));
  }
}
