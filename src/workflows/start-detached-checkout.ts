import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { checkoutStartOptions } from '../contracts/temporal/checkout-start-options.ts';
import { CHECKOUT_WORKFLOW } from '../contracts/temporal/names.ts';
import type { CheckoutInput } from '../contracts/temporal/workflows.ts';

/** Starts the workflow of an order that its group hands over. Safe to run twice: an order has one such workflow. */
export async function startDetachedCheckout(input: CheckoutInput): Promise<void> {
  try {
    await startChild(CHECKOUT_WORKFLOW, {
      ...checkoutStartOptions(input.order),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
