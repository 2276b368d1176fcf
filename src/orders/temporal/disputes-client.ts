import type { Client } from '@temporalio/client';
import type { DisputesChangedInput, DisputesInput } from '../../contracts/temporal/disputes.ts';
import { DISPUTES_CHANGED_SIGNAL } from '../../contracts/temporal/messages.ts';
import {
  DISPUTES_WORKFLOW,
  disputesOfPaymentWorkflowId,
  disputesWorkflowId,
  TASK_QUEUES,
} from '../../contracts/temporal/names.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';

/** Starts and wakes the workflows that read disputes from the payment provider. */
export interface DisputesClient {
  /**
   * Says that the disputes of a payment may have changed. A workflow that runs already asks the provider once more, so that a change which
   * it has just missed is not lost. Durable when this returns.
   */
  changed(payment: DisputesInput, input?: DisputesChangedInput): Promise<void>;
}

export function createDisputesClient(
  client: Client,
  taskQueue: string = TASK_QUEUES.checkout,
): DisputesClient {
  return {
    async changed(payment, input = {}) {
      const { orderId, paymentIntentId } = payment;
      await client.workflow.signalWithStart(DISPUTES_WORKFLOW, {
        workflowId:
          orderId === undefined
            ? disputesOfPaymentWorkflowId(paymentIntentId)
            : disputesWorkflowId(orderId, paymentIntentId),
        taskQueue,
        args: [payment],
        ...(orderId !== undefined && { typedSearchAttributes: [orderIdAttribute(orderId)] }),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        signal: DISPUTES_CHANGED_SIGNAL,
        signalArgs: [input],
      });
    },
  };
}
