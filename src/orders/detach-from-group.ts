import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import { DETACH_UPDATE, type DetachInput } from '../contracts/temporal/messages.ts';
import { isGroupWorkflowId } from '../contracts/temporal/names.ts';
import { unavailable } from './lib/outage.ts';

export interface DetachParts {
  client: Client;
  claims: OrderClaims;
}

/** The id of the group workflow that owns the order or has owned it; `undefined`: the order was never in a group. */
export async function groupOf({ claims }: DetachParts, orderId: string): Promise<string | undefined> {
  const workflowId = await claims.workflowOf(orderId);
  return workflowId !== undefined && isGroupWorkflowId(workflowId) ? workflowId : undefined;
}

/**
 * Moves an order out of its group into a workflow of its own, which can be cancelled; a group cannot. Returns true when the
 * order has a workflow of its own now, or may have. Safe to run twice.
 *
 * @param deadline Unix milliseconds
 * @throws {Problem} `unavailable` when no worker has accepted the request
 */
export async function detachFromGroup(
  parts: DetachParts,
  orderId: string,
  deadline: number,
): Promise<boolean> {
  const group = await groupOf(parts, orderId);
  if (group === undefined) return false;
  const { client } = parts;
  try {
    return await client.withDeadline(deadline, () =>
      client.workflow.getHandle(group).executeUpdate<boolean, [DetachInput]>(DETACH_UPDATE, {
        args: [{ orderId }],
        updateId: `detach/${orderId}`,
      }),
    );
  } catch (error) {
    // The group workflow is closed, and the order may have left it before; or the order was never in it.
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return true;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw unavailable(`No worker moved order ${orderId} out of its group in time.`, error);
    throw error;
  }
}
