import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { TASK_QUEUES } from '../../contracts/temporal/names.ts';

/**
 * Starts a capture or refund that goes on by itself, also after this workflow has ended. Safe to run twice: one id is one operation, for
 * PostgreSQL too.
 */
export async function startOperation(type: string, workflowId: string, input: unknown): Promise<void> {
  try {
    await startChild(type, {
      workflowId,
      taskQueue: TASK_QUEUES.checkout,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
