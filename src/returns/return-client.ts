import { CHANGED_SIGNAL } from '../contracts/temporal/messages.ts';
import type { Client } from '@temporalio/client';
import { RETURN_WORKFLOW, returnWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import { orderIdAttribute } from '../contracts/temporal/order-id-attribute.ts';
import type { ReturnInput } from '../contracts/temporal/returns.ts';

/** Starts and wakes the workflows of returns. */
export interface ReturnClient {
  /**
   * Says that something about the return has changed: its workflow reads again what has to be done, and is started if it is not running.
   * Durable when this returns.
   */
  changed(changed: ReturnInput & { number: number }): Promise<void>;
}

export const createReturnClient = (
  client: Client,
  taskQueue: string = TASK_QUEUES.fulfilment,
): ReturnClient => ({
  async changed({ returnId, orderId, number }) {
    await client.workflow.signalWithStart(RETURN_WORKFLOW, {
      workflowId: returnWorkflowId(orderId, number),
      taskQueue,
      args: [{ returnId, orderId } satisfies ReturnInput],
      typedSearchAttributes: [orderIdAttribute(orderId)],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      signal: CHANGED_SIGNAL,
      signalArgs: [],
    });
  },
});
