import type { Client } from '@temporalio/client';
import { RETURN_WORKFLOW, returnWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import type { ReturnInput } from '../contracts/temporal/returns.ts';
import { wakeWorkflow } from '../orders/temporal/wake-workflow.ts';

/** Starts and wakes the workflows of returns. */
export interface ReturnClient {
  /**
   * Says that something about the return has changed: its workflow reads again what has to be done, and is started if it is not running.
   * Durable when this returns. With the `sequence` of the newest event of the return, a run that was told of it is not told again.
   */
  changed(changed: ReturnInput & { number: number; sequence?: number }): Promise<void>;
}

export const createReturnClient = (
  client: Client,
  taskQueue: string = TASK_QUEUES.fulfilment,
): ReturnClient => ({
  changed: ({ returnId, orderId, number, sequence }) =>
    wakeWorkflow(
      client,
      {
        type: RETURN_WORKFLOW,
        workflowId: returnWorkflowId(orderId, number),
        taskQueue,
        orderId,
        input: { returnId, orderId } satisfies ReturnInput,
      },
      sequence,
    ),
});
