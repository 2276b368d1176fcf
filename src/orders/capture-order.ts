import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { CAPTURE_WORKFLOW, captureWorkflowId } from '../contracts/temporal/names.ts';
import type { CaptureCommand, CaptureResult } from '../contracts/temporal/operations.ts';
import type { CaptureRequestBody, OrderView } from '../contracts/http/order.ts';
import { findOrder } from './find-order.ts';
import { operationId } from './order-id.ts';
import { refusal, requirePart, type RefundOrderParts } from './refund-order.ts';
import { requestHash } from './request-hash.ts';
import { runOperation } from './run-operation.ts';

export interface CaptureOrderCommand extends GivenBy {
  clientId: string;
  orderId: string;
  key: string;
  request: CaptureRequestBody;
}

/** `settled` false: the capture goes on, and waits for the payment provider or an operator. */
export interface CapturedOrder {
  order: OrderView;
  settled: boolean;
}

/**
 * Captures an authorised payment, in full or in part, once for each key. Durable when this returns.
 *
 * @throws {Problem} `order_not_found`, `not_capturable`, `amount_not_chargeable`, `capture_exceeds_authorized`, `idempotency_key_reused`;
 *   `unavailable` when it is not known whether the capture was accepted
 */
export async function captureOrder(
  parts: RefundOrderParts,
  command: CaptureOrderCommand,
): Promise<CapturedOrder> {
  const { clientId, orderId, key, request } = command;
  requirePart(parts, await findOrder(parts, clientId, orderId), request.amount);
  const captureId = operationId(orderId, 'capture', key);
  const hash = requestHash(request);
  const input: CaptureCommand = {
    captureId,
    orderId,
    requestHash: hash,
    actor: giverOf(command),
    ...request,
  };
  const { result, recorded } = await runOperation<CaptureResult>(
    parts,
    { id: captureId, type: CAPTURE_WORKFLOW, workflowId: captureWorkflowId(captureId), orderId, input },
    hash,
    parts.operationLimitMs,
  );
  if (result?.outcome === 'refused') throw refusal(result, 'not_capturable');
  return {
    order: await findOrder(parts, clientId, orderId),
    settled: recorded !== undefined && recorded.status !== 'pending',
  };
}
