import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import { Problem } from '../contracts/errors.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../contracts/temporal/names.ts';
import type { RefundCommand, RefundResult, Refusal } from '../contracts/temporal/operations.ts';
import type { RefundRequestBody, RefundView } from '../contracts/http/order.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { operationId } from './order-id.ts';
import { unavailable } from './outage.ts';
import { requestHash, requireSameBody } from './request-hash.ts';

export interface RefundOrderCommand {
  clientId: string;
  orderId: string;
  key: string;
  request: RefundRequestBody;
}

/** `settled` false: it goes on, and waits for the provider or an operator. */
export interface RefundedOrder {
  refund: RefundView & { orderId: string };
  settled: boolean;
}

export interface RefundOrderParts extends FindOrderParts {
  reader: OrderReader;
  operations: OperationClient;
  /** How long the provider is waited for. Milliseconds. */
  operationLimitMs: number;
}

/**
 * Gives money back, in full or in part, once for its key. Durable when this returns.
 *
 * @throws {Problem} `order_not_found`, `not_refundable`, `refund_exceeds_captured`, `idempotency_key_reused`; `unavailable`
 *   when it is not known whether it was taken on
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
  const answer = outcome === 'working' ? undefined : outcome.result;
  if (answer) requireSameBody(answer.requestHash, hash);
  if (answer?.outcome === 'refused') throw refusal(answer);

  const { refunds } = await findOrder(parts, clientId, orderId);
  const refund = refunds.find((each) => each.refundId === refundId);
  if (!refund) throw unavailable('The refund is not written down yet.');
  return { refund: { orderId, ...refund }, settled: refund.status !== 'pending' };
}

/** What PostgreSQL does not know yet has no money to move. */
export function refusal(
  { code, left, orderStatus }: Refusal,
  byDefault: Refusal['code'] = 'not_refundable',
): Problem {
  const known = code === 'order_not_found' ? byDefault : code;
  const detail =
    left > 0
      ? `At most ${left} (minor units) is left.`
      : `The order is ${orderStatus ?? 'placed'}; nothing is left.`;
  return new Problem(known, detail, {
    ...(left > 0 && { errors: [{ field: 'amount', message: `must be at most ${left}` }] }),
    extra: { left, orderStatus: orderStatus ?? 'placed' },
  });
}
