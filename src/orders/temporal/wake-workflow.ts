import type { Client } from '@temporalio/client';
import { CHANGED_SIGNAL } from '../../contracts/temporal/messages.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';

/** A workflow that reads from PostgreSQL what has to be done, each time that it is told of a change. */
export interface WokenWorkflow {
  type: string;
  workflowId: string;
  taskQueue: string;
  orderId: string;
  input: unknown;
}

const NOT_FOUND = 5;

/**
 * Tells a workflow that something has changed, and starts it if it is not running. Durable when this returns.
 *
 * @param sequence of the order's newest event. A run that was told of it is not told again, so a repeat adds nothing to its history.
 */
export async function wakeWorkflow(
  client: Client,
  workflow: WokenWorkflow,
  sequence?: number,
): Promise<void> {
  const { type, workflowId, taskQueue, orderId, input } = workflow;
  const start = {
    workflowId,
    taskQueue,
    args: [input],
    typedSearchAttributes: [orderIdAttribute(orderId)],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
  };
  if (sequence === undefined) {
    await client.workflow.signalWithStart(type, { ...start, signal: CHANGED_SIGNAL, signalArgs: [] });
    return;
  }
  if (await signalOnce(client, workflowId, sequence)) return;
  await client.workflow.start(type, { ...start, workflowIdConflictPolicy: 'USE_EXISTING' });
  // It reads what has to be done when it starts; from now on it knows this event.
  await signalOnce(client, workflowId, sequence);
}

/** Returns false if no such workflow is running. The client's own method has another request id with each call. */
async function signalOnce(client: Client, workflowId: string, sequence: number): Promise<boolean> {
  const { namespace, identity } = client.options;
  try {
    await client.workflowService.signalWorkflowExecution({
      namespace,
      identity,
      workflowExecution: { workflowId },
      signalName: CHANGED_SIGNAL,
      requestId: `event/${sequence}`,
    });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return false;
    throw error;
  }
}
