import type { BatchState, StopCause } from '../batches.ts';

/** Signal of `batch`: it ends after the page in progress, in which no other order is begun once PostgreSQL knows that the batch is to stop. */
export const STOP_BATCH_SIGNAL = 'stopBatch';

export interface BatchInput {
  batchId: string;
}

/** The batch as its last activity has left it. */
export interface BatchSummary {
  batchId: string;
  state: BatchState;
}

export interface BatchActivities {
  /**
   * Runs the next orders of a batch, a few at a time. Returns how many it has settled; 0 if none is left or the batch is to stop. Safe to
   * run twice, and beside an attempt that was given up.
   */
  runBatchPage(input: BatchInput): Promise<number>;
  /** Ends a batch. `cause`: why it ends although orders are left. Safe to run twice. */
  finishBatch(input: BatchInput & { cause?: StopCause }): Promise<BatchSummary>;
}
