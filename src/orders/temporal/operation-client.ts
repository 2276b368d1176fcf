import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import { defineSearchAttributeKey, type Workflow } from '@temporalio/common';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/messages.ts';
import { SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../contracts/temporal/names.ts';
import { unavailable } from '../outage.ts';

const ORDER_ID = defineSearchAttributeKey(SEARCH_ATTRIBUTES.orderId.name, SEARCH_ATTRIBUTES.orderId.type);

export interface OperationClient {
  /**
   * Starts the operation's workflow unless it has been, and waits until it is done or parked. `working`: it has been taken
   * on and is still at it. May be repeated: an id is one operation.
   *
   * @throws {Problem} `unavailable` when nothing has taken it on
   */
  run<Answer>(operation: Operation, waitMs: number): Promise<OperationOutcome<Answer> | 'working'>;
  /** Only starts it; when this returns it is durable. */
  start(operation: Operation): Promise<void>;
  /** Likewise, and never again while Temporal remembers it: for what PostgreSQL could not tell from a repeat. */
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
    // PostgreSQL knows what has been done, longer than Temporal remembers: to run once more does nothing more.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    typedSearchAttributes: [{ key: ORDER_ID, value: [orderId] }],
  });

  return {
    async run<Answer>(operation: Operation, waitMs: number): Promise<OperationOutcome<Answer> | 'working'> {
      const deadline = Date.now() + waitMs;
      let accepted = false;
      try {
        const update = await client.withDeadline(deadline, () =>
          client.workflow.startUpdateWithStart<Workflow, OperationOutcome<Answer>, []>(OUTCOME_UPDATE, {
            startWorkflowOperation: new WithStartWorkflowOperation<Workflow>(
              operation.type,
              started(operation),
            ),
            waitForStage: WorkflowUpdateStage.ACCEPTED,
          }),
        );
        accepted = true;
        return await client.withDeadline(deadline, () => update.result());
      } catch (error) {
        if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
        if (accepted) return 'working';
        throw unavailable('No worker has taken the operation on.', error);
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
