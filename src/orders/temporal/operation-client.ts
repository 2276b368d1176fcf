import { randomUUID } from 'node:crypto';
import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { ParkedStepView } from '../../adapters/postgres/order-reader.ts';
import { isConcern, paymentOfConcern } from '../../contracts/payment-concerns.ts';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/messages.ts';
import { FULFILMENT_WORKFLOW, RETURN_WORKFLOW, TASK_QUEUES } from '../../contracts/temporal/names.ts';
import type { CarriedOperation, CarriedStep } from '../../contracts/temporal/operations.ts';
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
  /** Sends a signal to the operation, and starts it first if it is not running. Durable when this returns. */
  signal(operation: Operation, signal: string, input: unknown): Promise<void>;
  /** Sends a signal to the workflow if it is running. */
  signalRunning(workflowId: string, signal: string, input: unknown): Promise<void>;
  /**
   * Starts the operation unless Temporal has a workflow of its id, open or closed: for an operation that PostgreSQL cannot
   * recognise as a repeat.
   */
  startOnce(operation: Operation): Promise<void>;
  /** Whether a run of the workflow is open. */
  isRunning(workflowId: string): Promise<boolean>;
  /** Returns the last run of the workflow. */
  lastRun(workflowId: string): Promise<OperationRunState | undefined>;
  /**
   * Starts a workflow that was ended again, with its own input, unless a later run of it exists. Returns whether it has. What an operation
   * has done before has no further effect.
   *
   * @param parked the steps that wait for an operator in the new run, too, without being tried first
   */
  restart(ended: EndedOperation, parked?: readonly ParkedStepOfRun[]): Promise<boolean>;
}

export interface OperationRunState {
  type: string;
  runId: string;
  /** `ended`: it was closed before its work was done. */
  state: 'running' | 'completed' | 'ended';
}

/** What a new run takes over of a step that the run before has parked. */
export type ParkedStepOfRun = Pick<ParkedStepView, 'step' | 'actions' | 'attempts'>;

/** The run of an operation that was terminated or has failed. */
export interface EndedOperation {
  type: string;
  workflowId: string;
  runId: string;
  orderId: string;
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

  async function lastRun(workflowId: string): Promise<OperationRunState | undefined> {
    try {
      const { runId, type, status } = await client.workflow.getHandle(workflowId).describe();
      const state =
        status.name === 'RUNNING' ? 'running' : status.name === 'COMPLETED' ? 'completed' : 'ended';
      return { type, runId, state };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async function runOnce<Answer>(
    operation: Operation,
    deadline: number,
    updateId: string,
  ): Promise<OperationOutcome<Answer> | 'in_progress'> {
    let accepted = false;
    try {
      const update = await client.withDeadline(deadline, () =>
        client.workflow.startUpdateWithStart<Workflow, OperationOutcome<Answer>, []>(OUTCOME_UPDATE, {
          startWorkflowOperation: new WithStartWorkflowOperation<Workflow>(
            operation.type,
            started(operation),
          ),
          // A repeat is the same update, and adds nothing to the history.
          updateId,
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
  }

  return {
    async run<Answer>(
      operation: Operation,
      waitMs: number,
    ): Promise<OperationOutcome<Answer> | 'in_progress'> {
      const deadline = Date.now() + waitMs;
      const outcome = await runOnce<Answer>(operation, deadline, OUTCOME_UPDATE);
      // Temporal answers the same update of a closed workflow with its result. What was refused may be possible by now.
      if (outcome === 'in_progress' || outcome.state !== 'done' || !isRefusal(outcome.result)) return outcome;
      return runOnce<Answer>(operation, deadline, `${OUTCOME_UPDATE}/${randomUUID()}`);
    },

    async start(operation) {
      await client.workflow.start(operation.type, started(operation));
    },

    async signal(operation, signal, input) {
      await client.workflow.signalWithStart(operation.type, {
        ...started(operation),
        signal,
        signalArgs: [input],
      });
    },

    async signalRunning(workflowId, signal, input) {
      try {
        await client.workflow.getHandle(workflowId).signal(signal, input);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async isRunning(workflowId) {
      return (await lastRun(workflowId))?.state === 'running';
    },

    lastRun,

    async restart({ type, workflowId, runId, orderId }, parked = []) {
      const last = await lastRun(workflowId);
      if (!last || last.state === 'running' || last.runId !== runId) return false;
      const { history } = await client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId, runId },
        maximumPageSize: 1,
      });
      const begun = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
      const args = await decodeArrayFromPayloads(
        client.workflow.options.loadedDataConverter,
        begun?.input?.payloads,
      );
      try {
        await client.workflow.start(type, {
          ...started({ type, workflowId, orderId, input: undefined }),
          args: parked.length === 0 ? args : [withParked(type, args[0], parked)],
          taskQueue: begun?.taskQueue?.name ?? taskQueue,
          workflowIdConflictPolicy: 'FAIL',
        });
        return true;
      } catch (error) {
        // A run of an operation is alive while it is open, so somebody else has started it.
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
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

/** The new run waits so long for the operator's action, which is on its way, before it tries the step. */
const ACTION_WAIT_MS = 60_000;
/** Such a step is not tried: only an operator ends it. */
const NEVER_MS = 315_360_000_000;

/** The input of a run that begins with parked steps, as if the run before had continued as this one. */
function withParked(type: string, input: unknown, parked: readonly ParkedStepOfRun[]): unknown {
  const before = (typeof input === 'object' && input !== null ? input : {}) as {
    carried?: CarriedOperation;
  };
  const steps: CarriedStep[] = parked.map(({ step, actions, attempts }) => {
    const until = Date.now() + (isConcern(step) ? NEVER_MS : ACTION_WAIT_MS);
    return { step, actions, inBackground: isConcern(step), wait: { round: 0, attempts, until } };
  });
  if (type === FULFILMENT_WORKFLOW || type === RETURN_WORKFLOW) return { ...before, parked: steps };
  const concerns = steps.flatMap(({ step }) => paymentOfConcern(step) ?? []);
  const { mails = [], result, done = false, kept = {} } = before.carried ?? {};
  const carried: CarriedOperation = {
    parked: steps,
    mails,
    done,
    kept: {
      ...kept,
      ...(concerns.length > 0 && { concerns: concerns.map((paymentIntentId) => ({ paymentIntentId })) }),
    },
    ...(result !== undefined && { result }),
  };
  return { ...before, carried };
}

/** Whether an operation has changed nothing, because the state of the order did not allow it. */
const isRefusal = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  (Reflect.get(result, 'outcome') === 'refused' || Reflect.get(result, 'cancelled') === false);
