import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type CAPTURE_WORKFLOW, type REFUND_WORKFLOW, TASK_QUEUES } from '../../contracts/temporal/names.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';
import type {
  CaptureCommand,
  CaptureResult,
  RefundCommand,
  RefundResult,
} from '../../contracts/temporal/operations.ts';

/** A capture or a refund, and the id of its workflow. */
export type Operation = { workflowId: string } & (
  | { type: typeof CAPTURE_WORKFLOW; command: CaptureCommand }
  | { type: typeof REFUND_WORKFLOW; command: RefundCommand }
);

type OperationWorkflow = (command: CaptureCommand | RefundCommand) => Promise<CaptureResult | RefundResult>;

/**
 * Starts a capture or a refund that goes on by itself, also after this workflow has ended. One id is one operation, for PostgreSQL too: an
 * operation that was refused may be started again. Returns `undefined` if it is in progress.
 */
export async function startOperation({
  type: workflowType,
  workflowId,
  command,
}: Operation): Promise<ChildWorkflowHandle<OperationWorkflow> | undefined> {
  try {
    return await startChild<OperationWorkflow>(workflowType, {
      workflowId,
      taskQueue: TASK_QUEUES.checkout,
      args: [command],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: [orderIdAttribute(command.orderId)],
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}
