import { setTimeout as delay } from 'node:timers/promises';
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { giverOf } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { NOT_IN_REVIEW_FAILURE, REVIEW_UPDATE, type ReviewInput } from '../contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import { unavailable } from './lib/outage.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';

export interface ReviewOrderCommand extends ReviewInput {
  clientId: string;
  orderId: string;
}

export interface ReviewOrderParts extends FindOrderParts {
  client: Client;
  recovery: OrderRecovery;
  operationLimitMs: number;
}

/**
 * Decides on an order that waits for review. The first decision counts. Safe to run twice with the same decision.
 *
 * @throws {Problem} `order_not_found`; `not_in_review` with the `orderStatus`; `unavailable` when no worker has accepted the
 *   decision
 */
export async function reviewOrder(parts: ReviewOrderParts, command: ReviewOrderCommand): Promise<OrderView> {
  const { clientId, orderId, decision, note } = command;
  const input: ReviewInput = { decision, actor: giverOf(command), ...(note !== undefined && { note }) };
  const deadline = Date.now() + parts.operationLimitMs;
  for (;;) {
    const order = await findOrder(parts, clientId, orderId);
    if (order.status !== 'in_review' || order.review?.decision !== undefined)
      return requireSameDecision(order, decision);
    if (await decide(parts, orderId, input, deadline)) return findOrder(parts, clientId, orderId);
    await parts.recovery.recover(orderId);
    // After the crash of a worker, or at its beginning, the workflow may be behind PostgreSQL for a moment.
    if (Date.now() > deadline) throw unavailable('No worker accepted the decision in time.');
    await delay(POLL_INTERVAL_MS);
  }
}

const POLL_INTERVAL_MS = 200;

/** Returns false if the order's workflow does not wait for a decision. */
async function decide(
  { client }: ReviewOrderParts,
  orderId: string,
  input: ReviewInput,
  deadline: number,
): Promise<boolean> {
  try {
    await client.withDeadline(deadline, () =>
      client.workflow
        .getHandle(checkoutWorkflowId(orderId))
        .executeUpdate<OrderStatus, [ReviewInput]>(REVIEW_UPDATE, {
          args: [input],
          updateId: `review/${input.decision}`,
        }),
    );
    return true;
  } catch (error) {
    if (isNotInReview(error)) return false;
    throw error;
  }
}

function requireSameDecision(order: OrderView, decision: ReviewInput['decision']): OrderView {
  if (order.review?.decision === decision) return order;
  const { orderId, status } = order;
  throw new Problem('not_in_review', `Order ${orderId} is ${status.replaceAll('_', ' ')}.`, {
    extra: { orderStatus: status },
  });
}

const isNotInReview = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === NOT_IN_REVIEW_FAILURE);
