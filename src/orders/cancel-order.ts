import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import { Problem } from '../contracts/errors.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import type { OrderView } from '../contracts/http/order.ts';
import {
  CANCEL_UPDATE,
  TOO_LATE_FAILURE,
  type CancelInput,
  type CancelResult,
} from '../contracts/temporal/messages.ts';
import {
  CANCELLATION_WORKFLOW,
  cancellationWorkflowId,
  checkoutWorkflowId,
} from '../contracts/temporal/names.ts';
import type { CancellationCommand } from '../contracts/temporal/operations.ts';
import { isDecided } from '../domain/order-status.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import { detachFromGroup } from './detach-from-group.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { unavailable } from './outage.ts';

export interface CancelOrderCommand {
  clientId: string;
  orderId: string;
  reason?: string;
}

/** `cancelled` false: the workflow has taken the wish on and is still at it; the order shows what comes of it. */
export interface CancelledOrder {
  order: OrderView;
  cancelled: boolean;
}

export interface CancelOrderParts extends FindOrderParts {
  client: Client;
  operations: OperationClient;
  /** How long all of it may take before the caller is told that it goes on without them. Milliseconds. */
  cancelLimitMs: number;
}

/**
 * Cancels an order: its stock is back, and its money too or never taken, when `cancelled` is true. May be repeated:
 * every repeat is the same update of the workflow, and an order that is cancelled already is answered as such.
 *
 * @throws {Problem} `order_not_found`; `too_late` with the `orderStatus`; `unavailable` when nothing has taken the
 *   wish on
 */
export async function cancelOrder(
  parts: CancelOrderParts,
  command: CancelOrderCommand,
): Promise<CancelledOrder> {
  const { clientId, orderId, reason } = command;
  const deadline = Date.now() + parts.cancelLimitMs;
  let order = await findOrder(parts, clientId, orderId);
  if (!isDecided(order.status)) {
    const input: CancelInput = reason === undefined ? {} : { reason };
    let result = await askWorkflow(parts, orderId, input, deadline);
    if (result === 'over' && (await detachFromGroup(parts, orderId, deadline)))
      result = await askWorkflow(parts, orderId, input, deadline);
    order = await findOrder(parts, clientId, orderId);
    if (!isDecided(order.status)) {
      if (result === 'over') throw unavailable('It is not known yet what comes of the order.');
      return { order, cancelled: false };
    }
  }
  if (order.status === 'paid') order = await cancelPaid(parts, command, deadline);
  if (order.status === 'cancelled') return { order, cancelled: true };
  if (order.status === 'paid') return { order, cancelled: false };
  throw tooLate(order.status);
}

/** Nobody ships it any more from here on; its money and its goods go back. */
async function cancelPaid(
  parts: CancelOrderParts,
  { clientId, orderId, reason = 'cancelled' }: CancelOrderCommand,
  deadline: number,
): Promise<OrderView> {
  const input: CancellationCommand = { orderId, reason };
  await parts.operations.run<CancelResult>(
    { type: CANCELLATION_WORKFLOW, workflowId: cancellationWorkflowId(orderId), orderId, input },
    deadline - Date.now(),
  );
  return findOrder(parts, clientId, orderId);
}

const tooLate = (status: OrderStatus): Problem =>
  new Problem('too_late', `The order is ${status.replaceAll('_', ' ')}.`, { extra: { orderStatus: status } });

/**
 * `over`: the story has ended, with or without our update; PostgreSQL says how.
 * Accepting and completing are waited for one by one: an update that no worker has accepted is kept nowhere, so it must
 * not be reported as going on.
 */
async function askWorkflow(
  { client }: CancelOrderParts,
  orderId: string,
  input: CancelInput,
  deadline: number,
): Promise<CancelResult | 'over' | 'working'> {
  const workflow = client.workflow.getHandle(checkoutWorkflowId(orderId));
  let accepted = false;
  try {
    const update = await client.withDeadline(deadline, () =>
      workflow.startUpdate<CancelResult, [CancelInput]>(CANCEL_UPDATE, {
        args: [input],
        updateId: `cancel/${orderId}`,
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      }),
    );
    accepted = true;
    return await client.withDeadline(deadline, () => update.result());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'over';
    if (error instanceof WorkflowUpdateFailedError) {
      if (isTooLate(error) || accepted) return 'over';
      throw error;
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      if (accepted) return 'working';
      throw unavailable('No worker has taken the cancellation on.', error);
    }
    throw error;
  }
}

const isTooLate = ({ cause }: WorkflowUpdateFailedError): boolean =>
  cause instanceof ApplicationFailure && cause.type === TOO_LATE_FAILURE;
