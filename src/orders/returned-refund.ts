import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import { Problem } from '../contracts/errors.ts';
import { RETURNED_REFUND_WORKFLOW, returnedRefundWorkflowId } from '../contracts/temporal/names.ts';
import type { ReturnedRefundInput } from '../contracts/temporal/workflows.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { isOrderId } from './order-id.ts';

/** Money that was given back has come back to the shop: a verified event of the provider. */
export interface ReturnedRefundEvent {
  orderId: string;
  paymentIntentId: string;
  /** The provider's own id of the refund. */
  providerRefundId: string;
  /** Ours; absent for the undo of an order that was never paid. */
  refundId?: string;
}

/**
 * An operator has to look: the customer's bank did not take the money. Durable when this returns; told twice, it is one.
 *
 * @throws {Problem} `unknown_payment`
 */
export async function applyReturnedRefund(
  { reader, operations }: { reader: OrderReader; operations: OperationClient },
  { orderId, paymentIntentId, providerRefundId, refundId }: ReturnedRefundEvent,
): Promise<void> {
  if (!isOrderId(orderId)) return;
  const stored = await reader.find(orderId);
  if (!stored) throw new Problem('unknown_payment', 'No order here has this payment.');
  const { payment, refunds } = stored.view;
  // Without an id of its own it was the undo, which gives back everything.
  const amount = refunds.find((each) => each.refundId === refundId)?.amount ?? payment.refunded;
  const input: ReturnedRefundInput = {
    orderId,
    paymentIntentId,
    providerRefundId,
    amount,
    ...(refundId !== undefined && { refundId }),
  };
  const workflowId = returnedRefundWorkflowId(orderId, providerRefundId);
  await operations.startOnce({ type: RETURNED_REFUND_WORKFLOW, workflowId, orderId, input });
}
