import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import { Problem } from '../contracts/errors.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../contracts/temporal/names.ts';
import type { RefundCommand, RefundResult, Refusal } from '../contracts/temporal/operations.ts';
import type { RefundRequestBody, RefundView } from '../contracts/http/order.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { operationId } from './order-id.ts';
import { unavailable } from './lib/outage.ts';
import { requestHash, requireSameBody } from './request-hash.ts';

export interface RefundOrderCommand {
  clientId: string;
  orderId: string;
  key: string;
  request: RefundRequestBody;
}

/** `settled` false: the refund goes on, and waits for the payment provider or an operator. */
export interface RefundedOrder {
  refund: RefundView & { orderId: string };
  settled: boolean;
}

export interface RefundOrderParts extends FindOrderParts {
  reader: OrderReader;
  operations: OperationClient;
  /** After this time the caller is answered, and the operation goes on. Milliseconds. */
  operationLimitMs: number;
}

/**
 * Refunds a payment, in full or in part, once for each key. Durable when this returns.
 *
 * @throws {Problem} `order_not_found`, `not_refundable`, `refund_exceeds_captured`, `idempotency_key_reused`; `unavailable`
 *   when it is not known whether the refund was accepted
 */
export async function refundOrder(
  parts: RefundOrderParts,
  command: RefundOrderCommand,
): Promise<RefundedOrder> {
  const { clientId, orderId, key, request } = command;
  await findOrder(parts, clientId, orderId);
  const refundId = operationId(orderId, 'refund', key);
  const hash = requestHash(request);
  const input: RefundCommand = { refundId, orderId, requestHash: hash, ...request };
  const outcome = await parts.operations.run<RefundResult>(
    { type: REFUND_WORKFLOW, workflowId: refundWorkflowId(refundId), orderId, input },
    parts.operationLimitMs,
  );
  const answer = outcome === 'in_progress' ? undefined : outcome.result;
  if (answer) requireSameBody(answer.requestHash, hash);
  if (answer?.outcome === 'refused') throw refusal(answer);

  const { refunds } = await findOrder(parts, clientId, orderId);
  const refund = refunds.find((each) => each.refundId === refundId);
  if (!refund) throw unavailable(`Refund ${refundId} is accepted, but not recorded yet.`);
  return { refund: { orderId, ...refund }, settled: refund.status !== 'pending' };
}

/**
 * The problem for a refused refund or capture. An order that PostgreSQL does not have yet exists, but has no money to move:
 * it is answered as `byDefault` and not as `order_not_found`.
 */
export function refusal(
  { code, left, orderStatus }: Refusal,
  byDefault: Refusal['code'] = 'not_refundable',
): Problem {
  const problem = code === 'order_not_found' ? byDefault : code;
  const detail =
    left > 0
      ? `At most ${left} (in minor units) is left: ask for that much or less.`
      : `The order is ${orderStatus ?? 'placed'}, and no amount is left.`;
  return new Problem(problem, detail, {
    ...(left > 0 && { errors: [{ field: 'amount', message: `must be at most ${left}` }] }),
    extra: { left, orderStatus: orderStatus ?? 'placed' },
  });
}
