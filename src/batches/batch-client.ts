import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { STOP_BATCH_SIGNAL, type BatchInput } from '../contracts/temporal/batches.ts';
import { BATCH_WORKFLOW, batchWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';

/** How long Temporal may take to answer. Milliseconds. */
const DEADLINE_MS = 5_000;

/** The workflows of batches. */
export interface BatchClient {
  /** Starts the workflow of a batch, unless it runs. Durable when this returns. */
  start(batchId: string): Promise<void>;
  /** Tells the workflow to end after the orders in progress. Does nothing if it does not run. */
  stop(batchId: string): Promise<void>;
  /** `none`: there is no such workflow. `ended`: it was terminated or has failed, or is over. */
  state(batchId: string): Promise<'running' | 'ended' | 'none'>;
}

export function createBatchClient(client: Client, taskQueue: string = TASK_QUEUES.checkout): BatchClient {
  const inTime = <T>(run: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + DEADLINE_MS, run);

  return {
    async start(batchId) {
      const input: BatchInput = { batchId };
      await inTime(() =>
        client.workflow.start(BATCH_WORKFLOW, {
          workflowId: batchWorkflowId(batchId),
          taskQueue,
          args: [input],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      );
    },

    async stop(batchId) {
      try {
        await inTime(() => client.workflow.getHandle(batchWorkflowId(batchId)).signal(STOP_BATCH_SIGNAL));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async state(batchId) {
      try {
        const { status } = await inTime(() => client.workflow.getHandle(batchWorkflowId(batchId)).describe());
        return status.name === 'RUNNING' ? 'running' : 'ended';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'none';
        throw error;
      }
    },
  };
}
