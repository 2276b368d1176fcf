import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../contracts/temporal/names.ts';
import type { RefundCommand, RefundResult, Refusal } from '../contracts/temporal/operations.ts';
import type { OrderView, RefundRequestBody, RefundView } from '../contracts/http/order.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { operationId } from './order-id.ts';
import { invalidLines, requireOrderLines, tooManyPieces } from './order-lines.ts';
import { unavailable } from './lib/outage.ts';
import { requestHash } from './request-hash.ts';
import { runOperation } from './run-operation.ts';

export interface RefundOrderCommand extends GivenBy {
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
  chargeRules: ChargeRules;
  /** After this time the caller is answered, and the operation goes on. Milliseconds. */
  operationLimitMs: number;
}

/**
 * Refunds a payment once for each key: in full, an amount of it, or the money of certain pieces. Durable when this returns.
 *
 * @throws {Problem} `order_not_found`, `not_refundable`, `payment_disputed`, `amount_not_chargeable`, `refund_exceeds_captured`, `quantity_exceeds_line`, `not_restockable`,
 *   `idempotency_key_reused`; `unavailable` when it is not known whether the refund was accepted
 */
export async function refundOrder(
  parts: RefundOrderParts,
  command: RefundOrderCommand,
): Promise<RefundedOrder> {
  const { clientId, orderId, key, request } = command;
  const order = await findOrder(parts, clientId, orderId);
  requireRefundable(order, request);
  requirePart(parts, order, request.amount);
  const refundId = operationId(orderId, 'refund', key);
  const hash = requestHash(request);
  const input: RefundCommand = { refundId, orderId, requestHash: hash, actor: giverOf(command), ...request };
  const { result } = await runOperation<RefundResult>(
    parts,
    { id: refundId, type: REFUND_WORKFLOW, workflowId: refundWorkflowId(refundId), orderId, input },
    hash,
    parts.operationLimitMs,
  );
  if (result?.outcome === 'refused') throw refusal(result);

  const { refunds } = await findOrder(parts, clientId, orderId);
  const refund = refunds.find((each) => each.refundId === refundId);
  if (!refund) throw unavailable(`Refund ${refundId} is accepted, but not recorded yet.`);
  return { refund: { orderId, ...refund }, settled: refund.status !== 'pending' };
}

function requireRefundable(order: OrderView, { amount, lines, restock }: RefundRequestBody): void {
  if (lines) requireOrderLines(order, lines);
  if (amount === undefined) return;
  const message = 'must not be given together with amount';
  if (lines) throw invalidLines([{ field: 'lines', message }]);
  if (restock) throw invalidLines([{ field: 'restock', message: `${message}: name the lines` }]);
}

/** Refuses an amount of a refund or a capture that the payment provider cannot move. */
export function requirePart(
  { chargeRules }: Pick<RefundOrderParts, 'chargeRules'>,
  { currency }: OrderView,
  amount: number | undefined,
): void {
  const refusal = amount === undefined ? undefined : chargeRules.refusePart(amount, currency);
  if (!refusal) return;
  const { code, message } = refusal;
  throw new Problem(code, `The amount cannot be moved: it ${message}.`, {
    errors: [{ field: 'amount', message }],
  });
}

const WHY_NOT = {
  quantity_exceeds_line: 'The lines have fewer pieces.',
  not_restockable:
    'Only pieces that are in the shop can be put back on sale: cancel lines that were not handed over, and create a return for pieces that come back.',
  too_late: 'The pieces were handed over: create a return when they come back.',
} as const;

/**
 * The problem for a refused refund or capture. An order that PostgreSQL does not have yet exists, but has no money to move:
 * it is answered as `byDefault` and not as `order_not_found`.
 */
export function refusal(
  { code, left, lines = [], disputeId, orderStatus }: Refusal,
  byDefault: 'not_refundable' | 'not_capturable' = 'not_refundable',
): Problem {
  const status = orderStatus ?? 'placed';
  if (code === 'quantity_exceeds_line' || code === 'not_restockable' || code === 'too_late')
    return tooManyPieces(code, WHY_NOT[code], lines, { orderStatus: status });
  if (code === 'payment_disputed')
    return new Problem(
      code,
      `The payment provider refuses refunds of the payment because of dispute ${disputeId ?? ''}, unless the shop wins it. What became of it is in the order's disputes.`,
      { extra: { disputeId, orderStatus: status } },
    );
  const problem = code === 'order_not_found' || code === 'cancels_whole_order' ? byDefault : code;
  const detail =
    left > 0
      ? `At most ${left} (in minor units) is left: ask for that much or less.`
      : `The order is ${status}, and no amount is left.`;
  return new Problem(problem, detail, {
    ...(left > 0 && { errors: [{ field: 'amount', message: `must be at most ${left}` }] }),
    extra: { left, orderStatus: status },
  });
}
