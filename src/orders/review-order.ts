import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { Problem } from '../contracts/errors.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import type { OrderView } from '../contracts/order.ts';
import {
  checkoutWorkflowId,
  NOT_IN_REVIEW_FAILURE,
  REVIEW_UPDATE,
  type ReviewInput,
} from '../contracts/temporal.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';

export interface ReviewOrderCommand extends ReviewInput {
  clientId: string;
  orderId: string;
}

export interface ReviewOrderParts extends FindOrderParts {
  client: Client;
  operationLimitMs: number;
}

/**
 * A person has decided on an order that waits for review. The first decision counts; sent twice, it is answered twice.
 *
 * @throws {Problem} `order_not_found`; `not_in_review` with the `orderStatus`
 */
export async function reviewOrder(
  parts: ReviewOrderParts,
  { clientId, orderId, decision, note }: ReviewOrderCommand,
): Promise<OrderView> {
  const before = await findOrder(parts, clientId, orderId);
  if (before.status !== 'in_review') return decidedSo(before, decision);
  const input: ReviewInput = { decision, ...(note !== undefined && { note }) };
  try {
    await parts.client.withDeadline(Date.now() + parts.operationLimitMs, () =>
      parts.client.workflow
        .getHandle(checkoutWorkflowId(orderId))
        .executeUpdate<OrderStatus, [ReviewInput]>(REVIEW_UPDATE, { args: [input] }),
    );
  } catch (error) {
    if (!isNotInReview(error)) throw error;
    return decidedSo(await findOrder(parts, clientId, orderId), decision);
  }
  return findOrder(parts, clientId, orderId);
}

function decidedSo(order: OrderView, decision: ReviewInput['decision']): OrderView {
  if (order.review?.decision === decision) return order;
  throw new Problem('not_in_review', `The order is ${order.status.replaceAll('_', ' ')}.`, {
    extra: { orderStatus: order.status },
  });
}

const isNotInReview = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === NOT_IN_REVIEW_FAILURE);
