import { RETURNED_REFUND_WORKFLOW, returnedRefundWorkflowId } from '../contracts/temporal/names.ts';
import type { ReturnedRefundInput } from '../contracts/temporal/workflows.ts';
import { isOrderId } from './order-id.ts';
import type { PaymentEventParts } from './payment-event.ts';

/** A verified event of the payment provider: a refund has failed, and its money is back with the shop. */
export interface ReturnedRefundEvent {
  orderId: string;
  paymentIntentId: string;
  /** The provider's own id of the refund. */
  providerRefundId: string;
  /** The id under which the shop has requested it; absent for the reversal of an order that was never paid. */
  refundId?: string;
}

/**
 * Starts the workflow that has an operator look at a refund which the customer's bank did not take. Durable when this
 * returns. Safe to run twice: one refund starts one workflow. An event of an order that is not known here is counted and logged.
 */
export async function applyReturnedRefund(
  {
    reader,
    operations,
    unknownPayments,
    logger,
  }: Pick<PaymentEventParts, 'reader' | 'operations' | 'unknownPayments' | 'logger'>,
  { orderId, paymentIntentId, providerRefundId, refundId }: ReturnedRefundEvent,
): Promise<void> {
  if (!isOrderId(orderId)) return;
  const stored = await reader.find(orderId);
  if (!stored) {
    unknownPayments.record();
    logger.warn({ orderId, paymentIntentId }, 'the order service ignored a refund event of an unknown order');
    return;
  }
  const { payment, refunds } = stored.view;
  // A refund without such an id was the reversal of the payment, which refunds all of it.
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
