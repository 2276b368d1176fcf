import { setTimeout as delay } from 'node:timers/promises';
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import { Problem } from '../contracts/errors.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { NOT_IN_REVIEW_FAILURE, REVIEW_UPDATE, type ReviewInput } from '../contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import { unavailable } from './outage.ts';

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
  const input: ReviewInput = { decision, ...(note !== undefined && { note }) };
  const until = Date.now() + parts.operationLimitMs;
  for (;;) {
    const order = await findOrder(parts, clientId, orderId);
    if (order.status !== 'in_review' || order.review?.decision !== undefined)
      return decidedSo(order, decision);
    if (await decide(parts, orderId, input, until)) return findOrder(parts, clientId, orderId);
    // After the death of a worker the story may be a moment behind PostgreSQL.
    if (Date.now() > until) throw unavailable('No worker has taken the decision on.');
    await delay(POLL_INTERVAL_MS);
  }
}

const POLL_INTERVAL_MS = 200;

/** False if the order's workflow does not wait for it. */
async function decide(
  { client }: ReviewOrderParts,
  orderId: string,
  input: ReviewInput,
  until: number,
): Promise<boolean> {
  try {
    await client.withDeadline(until, () =>
      client.workflow
        .getHandle(checkoutWorkflowId(orderId))
        .executeUpdate<OrderStatus, [ReviewInput]>(REVIEW_UPDATE, { args: [input] }),
    );
    return true;
  } catch (error) {
    if (isNotInReview(error)) return false;
    throw error;
  }
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
