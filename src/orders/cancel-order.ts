import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import type { OrderCarriers } from '../adapters/postgres/order-carriers.ts';
import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import {
  CANCEL_UPDATE,
  DEFAULT_CANCEL_REASON,
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
import { unavailable } from './lib/outage.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';

export interface CancelOrderCommand extends GivenBy {
  clientId: string;
  orderId: string;
  reason?: string;
}

/** `cancelled` false: a workflow has accepted the cancellation and has not completed it yet; the order shows the result. */
export interface CancelledOrder {
  order: OrderView;
  cancelled: boolean;
}

export interface CancelOrderParts extends FindOrderParts {
  client: Client;
  operations: OperationClient;
  recovery: OrderRecovery;
  carriers: Pick<OrderCarriers, 'recordCancelRequest'>;
  /** After this time the caller is answered, and the cancellation goes on. Milliseconds. */
  cancelLimitMs: number;
}

/**
 * Cancels an order. When `cancelled` is true, its stock is released, and its money was refunded or never taken. Safe to run
 * twice: a repeat is the same update of the workflow, and an order that is cancelled already is returned as it is.
 *
 * @throws {Problem} `order_not_found`; `too_late` with the `orderStatus`; `payment_disputed`; `unavailable` when no worker has accepted the
 *   cancellation
 */
export async function cancelOrder(
  parts: CancelOrderParts,
  command: CancelOrderCommand,
): Promise<CancelledOrder> {
  const { clientId, orderId, reason } = command;
  const deadline = Date.now() + parts.cancelLimitMs;
  let order = await findOrder(parts, clientId, orderId);
  if (!isDecided(order.status)) {
    const input: CancelInput = { actor: giverOf(command), ...(reason !== undefined && { reason }) };
    let result = await requestCancellation(parts, orderId, input, deadline);
    if (result === 'closed' && (await detachFromGroup(parts, orderId, deadline)))
      result = await requestCancellation(parts, orderId, input, deadline);
    if (result === 'closed' && (await isRecovered(parts, orderId)))
      result = await requestCancellation(parts, orderId, input, deadline);
    order = await findOrder(parts, clientId, orderId);
    if (!isDecided(order.status)) {
      if (result === 'closed') throw unavailable(`The outcome of order ${orderId} is not known yet.`);
      return { order, cancelled: false };
    }
  }
  if (order.status === 'paid') order = await cancelPaid(parts, command, deadline);
  if (order.status === 'cancelled') return { order, cancelled: true };
  if (order.status === 'paid' && !order.lines.some(({ shipped }) => shipped > 0))
    return { order, cancelled: false };
  throw tooLate(order);
}

/** Returns true if the order's workflow was gone, and a new one has the order now. */
const isRecovered = async ({ recovery }: CancelOrderParts, orderId: string): Promise<boolean> =>
  (await recovery.recover(orderId)) === 'restarted';

/** Cancels a paid order: from here on it is not shipped, its payment is refunded or voided, and its stock released. */
export async function cancelPaid(
  parts: CancelOrderParts,
  command: CancelOrderCommand,
  deadline: number,
): Promise<OrderView> {
  const { clientId, orderId, reason = DEFAULT_CANCEL_REASON } = command;
  const input: CancellationCommand = { orderId, reason, actor: giverOf(command) };
  const workflowId = cancellationWorkflowId(orderId);
  const parked = await parts.reader.parked(orderId);
  // A repeat changes nothing while an operator has to act first.
  const outcome = parked.some((step) => step.workflowId === workflowId)
    ? 'in_progress'
    : await parts.operations.run<CancelResult>(
        { type: CANCELLATION_WORKFLOW, workflowId, orderId, input },
        deadline - Date.now(),
      );
  const order = await findOrder(parts, clientId, orderId);
  const disputeId = outcome === 'in_progress' ? undefined : outcome.result?.disputeId;
  if (disputeId !== undefined) throw disputed(order, disputeId);
  return order;
}

export const disputed = ({ orderId, status }: OrderView, disputeId: string): Problem =>
  new Problem(
    'payment_disputed',
    `Order ${orderId} cannot be cancelled before dispute ${disputeId} of its payment is decided: until then the provider refuses to refund it. Put its shipments on hold to keep the goods.`,
    { extra: { orderStatus: status, disputeId } },
  );

export const tooLate = ({ orderId, status }: OrderView): Problem =>
  new Problem(
    'too_late',
    status === 'paid'
      ? `Order ${orderId} cannot be cancelled as a whole: a part of it was handed over. Cancel lines that were not.`
      : `Order ${orderId} cannot be cancelled: it is ${status.replaceAll('_', ' ')}.`,
    { extra: { orderStatus: status } },
  );

/**
 * Sends the cancellation to the order's own workflow. `closed`: that workflow is closed, with or without this update;
 * PostgreSQL has the outcome. `in_progress`: the update was accepted and has not completed in time.
 *
 * First the acceptance by a worker is awaited, then the completion: Temporal keeps no update that a worker has not accepted,
 * so such an update must not be reported as in progress. What was accepted is recorded, so that a later run does it if that one is gone.
 */
async function requestCancellation(
  { client, carriers }: CancelOrderParts,
  orderId: string,
  input: CancelInput,
  deadline: number,
): Promise<CancelResult | 'closed' | 'in_progress'> {
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
    await carriers.recordCancelRequest(orderId, input.reason ?? DEFAULT_CANCEL_REASON, input.actor);
    return await client.withDeadline(deadline, () => update.result());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'closed';
    if (error instanceof WorkflowUpdateFailedError) {
      if (isTooLate(error) || accepted) return 'closed';
      throw error;
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      if (accepted) return 'in_progress';
      throw unavailable(`No worker accepted the cancellation of order ${orderId} in time.`, error);
    }
    throw error;
  }
}

const isTooLate = ({ cause }: WorkflowUpdateFailedError): boolean =>
  cause instanceof ApplicationFailure && cause.type === TOO_LATE_FAILURE;
