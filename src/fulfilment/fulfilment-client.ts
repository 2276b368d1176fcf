import type { Client } from '@temporalio/client';
import type { FulfilmentInput } from '../contracts/temporal/fulfilment.ts';
import { CHANGED_SIGNAL } from '../contracts/temporal/messages.ts';
import { FULFILMENT_WORKFLOW, fulfilmentWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import { orderIdAttribute } from '../contracts/temporal/order-id-attribute.ts';

/** Starts and wakes the workflows that ship orders. */
export interface FulfilmentClient {
  /**
   * Says that the order is paid, or that something about it has changed: its workflow reads again what has to be done. It is started if
   * there is none, or if it has ended: a run that has found nothing to do must not keep the order from being shipped later. Durable when
   * this returns.
   */
  changed(orderId: string): Promise<void>;
}

export function createFulfilmentClient(
  client: Client,
  taskQueue: string = TASK_QUEUES.fulfilment,
): FulfilmentClient {
  return {
    async changed(orderId) {
      await client.workflow.signalWithStart(FULFILMENT_WORKFLOW, {
        workflowId: fulfilmentWorkflowId(orderId),
        taskQueue,
        args: [{ orderId } satisfies FulfilmentInput],
        typedSearchAttributes: [orderIdAttribute(orderId)],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        signal: CHANGED_SIGNAL,
        signalArgs: [],
      });
    },
  };
}
