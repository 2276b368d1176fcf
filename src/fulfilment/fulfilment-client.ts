import type { Client } from '@temporalio/client';
import type { FulfilmentInput } from '../contracts/temporal/fulfilment.ts';
import { FULFILMENT_WORKFLOW, fulfilmentWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import { wakeWorkflow } from '../orders/temporal/wake-workflow.ts';

/** Starts and wakes the workflows that ship orders. */
export interface FulfilmentClient {
  /**
   * Says that the order is paid, or that something about it has changed: its workflow reads again what has to be done. It is started if
   * there is none, or if it has ended: a run that has found nothing to do must not keep the order from being shipped later. Durable when
   * this returns.
   *
   * @param sequence of the newest event that fulfilment acts on. A run that was told of it is not told again.
   */
  changed(orderId: string, sequence?: number): Promise<void>;
}

export function createFulfilmentClient(
  client: Client,
  taskQueue: string = TASK_QUEUES.fulfilment,
): FulfilmentClient {
  return {
    changed: (orderId, sequence) =>
      wakeWorkflow(
        client,
        {
          type: FULFILMENT_WORKFLOW,
          workflowId: fulfilmentWorkflowId(orderId),
          taskQueue,
          orderId,
          input: { orderId } satisfies FulfilmentInput,
        },
        sequence,
      ),
  };
}
