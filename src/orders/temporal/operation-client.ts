import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/messages.ts';
import { TASK_QUEUES } from '../../contracts/temporal/names.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';
import { unavailable } from '../lib/outage.ts';

/** Runs the workflows of operations on an order: refunds, captures, cancellations and others. */
export interface OperationClient {
  /**
   * Starts the operation's workflow unless it was started before, and waits until it is done or parked. `in_progress`: a
   * worker has accepted the operation, and it has not completed in time. Safe to run twice: one id is one operation.
   *
   * @throws {Problem} `unavailable` when no worker has accepted it
   */
  run<Answer>(operation: Operation, waitMs: number): Promise<OperationOutcome<Answer> | 'in_progress'>;
  /** Starts the operation and does not wait for it; when this returns, it is durable. */
  start(operation: Operation): Promise<void>;
  /**
   * Starts the operation unless Temporal has a workflow of its id, open or closed: for an operation that PostgreSQL cannot
   * recognise as a repeat.
   */
  startOnce(operation: Operation): Promise<void>;
}

export interface Operation {
  type: string;
  workflowId: string;
  orderId: string;
  input: unknown;
}

export function createOperationClient(
  client: Client,
  taskQueue: string = TASK_QUEUES.checkout,
): OperationClient {
  const started = ({ workflowId, orderId, input }: Operation) => ({
    workflowId,
    taskQueue,
    args: [input],
    // PostgreSQL recognises a repeat for longer than Temporal keeps the workflow: running it again has no further effect.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    typedSearchAttributes: [orderIdAttribute(orderId)],
  });

  return {
    async run<Answer>(
      operation: Operation,
      waitMs: number,
    ): Promise<OperationOutcome<Answer> | 'in_progress'> {
      const deadline = Date.now() + waitMs;
      let accepted = false;
      try {
        const update = await client.withDeadline(deadline, () =>
          client.workflow.startUpdateWithStart<Workflow, OperationOutcome<Answer>, []>(OUTCOME_UPDATE, {
            startWorkflowOperation: new WithStartWorkflowOperation<Workflow>(
              operation.type,
              started(operation),
            ),
            // A repeat is the same update, and adds nothing to the history.
            updateId: OUTCOME_UPDATE,
            waitForStage: WorkflowUpdateStage.ACCEPTED,
          }),
        );
        accepted = true;
        return await client.withDeadline(deadline, () => update.result());
      } catch (error) {
        if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
        if (accepted) return 'in_progress';
        throw unavailable('No worker accepted the operation in time.', error);
      }
    },

    async start(operation) {
      await client.workflow.start(operation.type, started(operation));
    },

    async startOnce(operation) {
      try {
        await client.workflow.start(operation.type, {
          ...started(operation),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
