import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import { PAYMENT_EVENT_SIGNAL, type PaymentEventInput } from '../../contracts/temporal/messages.ts';
import { RECONCILIATION_WORKFLOW, reconciliationWorkflowId } from '../../contracts/temporal/names.ts';
import type { ReconciliationInput } from '../../contracts/temporal/workflows.ts';
import type { OperationClient } from './operation-client.ts';

/**
 * Has the payments of a decided order brought to what the provider says of them. One workflow for each order does it, so that requests
 * which arrive together are one reading. Durable when this returns.
 */
export async function requestReconciliation(
  operations: OperationClient,
  { orderId, paymentIntentId }: PaymentReference,
): Promise<void> {
  const input: ReconciliationInput = { orderId };
  const workflowId = reconciliationWorkflowId(orderId);
  await operations.signal(
    { type: RECONCILIATION_WORKFLOW, workflowId, orderId, input },
    PAYMENT_EVENT_SIGNAL,
    { paymentIntentId } satisfies PaymentEventInput,
  );
}
