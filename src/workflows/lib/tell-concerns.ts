import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { CONCERN_FOUND_SIGNAL } from '../../contracts/temporal/messages.ts';
import {
  RECONCILIATION_WORKFLOW,
  reconciliationWorkflowId,
  TASK_QUEUES,
} from '../../contracts/temporal/names.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';
import type { ReconciliationInput } from '../../contracts/temporal/workflows.ts';
import { pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { isStepFailure } from './failures.ts';
import type { PaymentConcern } from './reconcile-payments.ts';

/** Since 0.3: what an operation finds of payments and is not about itself is told to an operator, too. */
const TELL_CONCERNS = 'tell-concerns';
const ENDED_BACKOFF: Backoff = { firstMs: 200, maxMs: 5_000 };

/**
 * Has an operator told of what an operation has found of the order's payments and cannot say itself, since its own outcome is another. The
 * order's reconciliation does that, and waits for the operator; it is started if it is not running.
 */
export async function tellConcerns(orderId: string, concerns: readonly PaymentConcern[]): Promise<void> {
  if (concerns.length === 0 || !patched(TELL_CONCERNS)) return;
  for (const { paymentIntentId, currency, ended, missing, excess, returned } of concerns)
    await tell(orderId, {
      paymentIntentId,
      ...(currency !== undefined && { currency }),
      ...(ended !== undefined && { ended }),
      ...(missing !== undefined && { missing }),
      ...(excess !== undefined && { excess }),
      ...(returned !== undefined && { returned }),
    });
}

async function tell(orderId: string, concern: PaymentConcern): Promise<void> {
  const workflowId = reconciliationWorkflowId(orderId);
  for (let round = 0; ; round += 1) {
    await startReconciliation(workflowId, { orderId });
    try {
      await getExternalWorkflowHandle(workflowId).signal<[PaymentConcern]>(CONCERN_FOUND_SIGNAL, concern);
      return;
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      log.info('reconciliation of an order has ended before it was told of a concern', { orderId, round });
      await sleep(pauseBefore(round, ENDED_BACKOFF), {
        summary: 'Pause before the reconciliation is started again',
      });
    }
  }
}

/** Starts the reconciliation of the order, which goes on after this workflow has ended, unless it is running. */
async function startReconciliation(workflowId: string, input: ReconciliationInput): Promise<void> {
  try {
    await startChild(RECONCILIATION_WORKFLOW, {
      workflowId,
      taskQueue: TASK_QUEUES.checkout,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: [orderIdAttribute(input.orderId)],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
