import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import {
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  type LatePaymentInput,
} from '../contracts/temporal/names.ts';

/** News came of a payment that nobody waits for: a workflow of its own finds out whether money has to go back. */
export async function startLatePayment(input: LatePaymentInput): Promise<void> {
  try {
    await startChild(LATE_PAYMENT_WORKFLOW, {
      workflowId: latePaymentWorkflowId(input.orderId, input.paymentIntentId),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
