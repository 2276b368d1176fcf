import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { LineQuantity } from '../contracts/http/shipments.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../contracts/temporal/names.ts';
import type { RefundCommand, RefundResult } from '../contracts/temporal/operations.ts';
import { isDecided } from '../domain/order-status.ts';
import { cancelPaid, tooLate, type CancelledOrder, type CancelOrderParts } from './cancel-order.ts';
import { findOrder } from './find-order.ts';
import { operationId } from './order-id.ts';
import { requireOrderLines } from './order-lines.ts';
import { refusal } from './refund-order.ts';
import { requestHash } from './request-hash.ts';
import { runOperation } from './run-operation.ts';

export interface CancelLinesCommand extends GivenBy {
  clientId: string;
  orderId: string;
  /** Each key cancels its pieces once. */
  key: string;
  lines: LineQuantity[];
  reason?: string;
}

/**
 * Cancels pieces of a paid order that were not handed over: their stock is released, and their money is refunded, or not captured any
 * more. The order goes on with the rest; if nothing is left, it is cancelled as a whole. Durable when this returns.
 *
 * @throws {Problem} `order_not_found`, `not_paid`, `quantity_exceeds_line` and `too_late` with what is left, `payment_disputed`, `idempotency_key_reused`;
 *   `unavailable` when it is not known whether the cancellation was accepted
 */
export async function cancelOrderLines(
  parts: CancelOrderParts,
  command: CancelLinesCommand,
): Promise<CancelledOrder> {
  const { clientId, orderId, lines, reason } = command;
  const deadline = Date.now() + parts.cancelLimitMs;
  const order = await findOrder(parts, clientId, orderId);
  requireOrderLines(order, lines);
  if (order.status === 'cancelled') return { order, cancelled: true };
  if (!isDecided(order.status)) throw notPaid(order);
  const input = lineCancellation(command);
  const { refundId } = input;
  const { result } = await runOperation<RefundResult>(
    parts,
    { id: refundId, type: REFUND_WORKFLOW, workflowId: refundWorkflowId(refundId), orderId, input },
    input.requestHash,
    deadline - Date.now(),
  );
  if (result?.outcome === 'refused') {
    if (result.code === 'not_refundable') throw tooLate(order);
    if (result.code !== 'cancels_whole_order') throw refusal(result);
    const cancelled = await cancelPaid(
      parts,
      { clientId, orderId, actor: giverOf(command), ...(reason !== undefined && { reason }) },
      deadline,
    );
    return { order: cancelled, cancelled: cancelled.status === 'cancelled' };
  }
  const now = await findOrder(parts, clientId, orderId);
  const refund = now.refunds.find((each) => each.refundId === refundId);
  return { order: now, cancelled: refund !== undefined && refund.status !== 'pending' };
}

/** The refund by which the lines are cancelled, once for each key. */
export function lineCancellation(command: CancelLinesCommand): RefundCommand {
  const { orderId, key, lines, reason } = command;
  return {
    refundId: operationId(orderId, 'cancel', key),
    orderId,
    lines,
    kind: 'line_cancellation',
    requestHash: requestHash({ lines, reason }),
    actor: giverOf(command),
    ...(reason !== undefined && { reason }),
  };
}

export const notPaid = ({ orderId, status }: OrderView): Problem =>
  new Problem(
    'not_paid',
    `Lines of order ${orderId} can be cancelled once it is paid; it is ${status.replaceAll('_', ' ')}. Cancel it as a whole instead.`,
    { extra: { orderStatus: status } },
  );
