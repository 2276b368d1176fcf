import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import { DETACH_UPDATE, type DetachInput } from '../contracts/temporal/messages.ts';
import { isGroupWorkflowId } from '../contracts/temporal/names.ts';
import { unavailable } from './outage.ts';

export interface GroupExitParts {
  client: Client;
  claims: OrderClaims;
}

/** The group that carries the order, or did. */
export async function groupOf({ claims }: GroupExitParts, orderId: string): Promise<string | undefined> {
  const carrier = await claims.workflowOf(orderId);
  return carrier !== undefined && isGroupWorkflowId(carrier) ? carrier : undefined;
}

/**
 * Has an order that is in a group go on by itself, so that it can be asked for what a group cannot do. True: it has a
 * workflow of its own now, or may have. May be repeated.
 *
 * @param deadline Unix milliseconds
 * @throws {Problem} `unavailable` when nothing has taken the wish on
 */
export async function detachFromGroup(
  parts: GroupExitParts,
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
    // The group has ended, without the order or with it; or it never had it.
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return true;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw unavailable('No worker has taken the order out of its group.', error);
    throw error;
  }
}
