import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { LATE_PAYMENT_WORKFLOW, latePaymentWorkflowId } from '../contracts/temporal/names.ts';
import type { LatePaymentInput } from '../contracts/temporal/workflows.ts';

/**
 * Starts a workflow that finds out whether a payment which its order does not wait for has to be refunded. Safe to run
 * twice: each payment has one such workflow at a time. An earlier one may have found that the order still waited for the payment.
 */
export async function startLatePayment(input: LatePaymentInput): Promise<void> {
  try {
    await startChild(LATE_PAYMENT_WORKFLOW, {
      workflowId: latePaymentWorkflowId(input.orderId, input.paymentIntentId),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
