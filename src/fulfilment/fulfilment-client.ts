import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { FulfilmentInput } from '../contracts/temporal/fulfilment.ts';
import { CHANGED_SIGNAL } from '../contracts/temporal/messages.ts';
import {
  FULFILMENT_WORKFLOW,
  fulfilmentWorkflowId,
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
} from '../contracts/temporal/names.ts';

const { name, type } = SEARCH_ATTRIBUTES.orderId;
const ORDER_ID = defineSearchAttributeKey(name, type);

/** Starts and wakes the workflows that ship orders. */
export interface FulfilmentClient {
  /** Starts the workflow of an order, unless Temporal has one, open or closed. Durable when this returns. */
  start(orderId: string): Promise<void>;
  /**
   * Says that something about the order has changed: its workflow reads again what has to be done, and is started if it has ended.
   * Durable when this returns.
   */
  changed(orderId: string): Promise<void>;
}

export function createFulfilmentClient(
  client: Client,
  taskQueue: string = TASK_QUEUES.fulfilment,
): FulfilmentClient {
  const options = (orderId: string) => ({
    workflowId: fulfilmentWorkflowId(orderId),
    taskQueue,
    args: [{ orderId } satisfies FulfilmentInput],
    typedSearchAttributes: [{ key: ORDER_ID, value: [orderId] }],
  });
  return {
    async start(orderId) {
      try {
        await client.workflow.start(FULFILMENT_WORKFLOW, {
          ...options(orderId),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    async changed(orderId) {
      await client.workflow.signalWithStart(FULFILMENT_WORKFLOW, {
        ...options(orderId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        signal: CHANGED_SIGNAL,
        signalArgs: [],
      });
    },
  };
}
