import {
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { FIRST_EPOCH, type CheckoutOrder, type CheckoutPolicy } from '../../contracts/temporal/checkout.ts';
import { checkoutStartOptions } from '../../contracts/temporal/checkout-start-options.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  EPOCH_MEMO,
  GROUP_WORKFLOW,
  TASK_QUEUES,
} from '../../contracts/temporal/names.ts';
import type { CheckoutInput, GroupInput } from '../../contracts/temporal/workflows.ts';
import { unavailable } from '../lib/outage.ts';

/** How long Temporal may take to answer; after this time the caller gets an error and may try again. Milliseconds. */
export const START_DEADLINE_MS = 5_000;
const NOT_FOUND = 5;
/** Another run of an earlier epoch may be started meanwhile, but hardly twice. */
const MAX_STARTS = 3;
/** A workflow task is attempted again when its worker has died, too. */
const FAILING_FROM_ATTEMPT = 5;

/** An order, and the epoch of the run that is to carry it. */
export interface OrderToStart {
  order: CheckoutOrder;
  epoch: number;
}

/** The last run of a workflow that carries orders. */
export interface CheckoutRun {
  isRunning: boolean;
  /** Of an order's own workflow. A group has an epoch for each of its orders; here it has the first. */
  epoch: number;
  /** The workflow runs, and its code has failed several times in a row, so that it does not go on. */
  isFailing: boolean;
}

/** Starts the workflows of orders, and finds orders in them. */
export interface CheckoutClient {
  /**
   * Starts the order's own workflow; when this returns, the order is durable. Returns false if there was a run of this epoch or a later
   * one already, open or closed. A run of an earlier epoch does not carry the order: it is terminated if it is still open. Safe to repeat
   * when the answer was lost.
   */
  start(start: OrderToStart): Promise<boolean>;
  /** Starts one workflow for all of these orders. Returns false if it was started already. */
  startGroup(workflowId: string, starts: readonly OrderToStart[]): Promise<boolean>;
  /** Starts the order's own workflow as the next run after one that is gone, in the same way. */
  restart(input: CheckoutInput): Promise<boolean>;
  /** Returns the last run of the workflow; `undefined` if Temporal has no such workflow, or no longer. */
  describe(workflowId: string): Promise<CheckoutRun | undefined>;
  /** Returns the order as the workflow was started with it; `undefined` if Temporal has no such workflow, or no longer. */
  find(workflowId: string, orderId: string): Promise<CheckoutOrder | undefined>;
  /** Returns with it the policy that the order was placed under. */
  findInput(
    workflowId: string,
    orderId: string,
  ): Promise<Pick<CheckoutInput, 'order' | 'policy'> | undefined>;
}

export interface CheckoutClientOptions {
  policy: CheckoutPolicy;
  taskQueue?: string;
}

export function createCheckoutClient(
  client: Client,
  { policy, taskQueue = TASK_QUEUES.checkout }: CheckoutClientOptions,
): CheckoutClient {
  const withDeadline = <T>(run: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + START_DEADLINE_MS, run);
  const options = {
    taskQueue,
    // Only a worker's NativeConnection can request an eager start; the plain gRPC connection throws.
    requestEagerStart: !(client.connection instanceof Connection),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
  } as const;

  async function begin(input: CheckoutInput): Promise<boolean> {
    const { order, epoch = FIRST_EPOCH } = input;
    if (epoch === FIRST_EPOCH) return beginOnce(input);
    const workflowId = checkoutWorkflowId(order.orderId);
    for (let round = 0; round < MAX_STARTS; round += 1) {
      const run = await describe(workflowId);
      if (run && run.epoch >= epoch) return false;
      if (run?.isRunning) await terminate(workflowId, run.runId);
      if (await beginOnce(input)) return true;
    }
    throw unavailable(`The workflow of order ${order.orderId} could not be started.`);
  }

  function beginOnce(input: CheckoutInput): Promise<boolean> {
    const { order, epoch = FIRST_EPOCH } = input;
    const startDelay = order.notBefore === undefined ? 0 : Date.parse(order.notBefore) - Date.now();
    const delayed = startDelay > 0 && { startDelay, requestEagerStart: false };
    return isFirst(
      withDeadline(() =>
        client.workflow.start(CHECKOUT_WORKFLOW, {
          ...options,
          ...checkoutStartOptions(order, epoch),
          // Runs of earlier epochs are closed.
          ...(epoch > FIRST_EPOCH && { workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const }),
          ...delayed,
          args: [input],
        }),
      ),
    );
  }

  async function describe(workflowId: string): Promise<(CheckoutRun & { runId: string }) | undefined> {
    try {
      const { runId, status, memo, raw } = await withDeadline(() =>
        client.workflow.getHandle(workflowId).describe(),
      );
      const epoch = memo?.[EPOCH_MEMO];
      return {
        runId,
        isRunning: status.name === 'RUNNING',
        epoch: typeof epoch === 'number' ? epoch : FIRST_EPOCH,
        isFailing: (raw.pendingWorkflowTask?.attempt ?? 0) >= FAILING_FROM_ATTEMPT,
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function terminate(workflowId: string, runId: string): Promise<void> {
    try {
      await withDeadline(() =>
        client.workflow.getHandle(workflowId, runId).terminate('A later run carries the order'),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  // The first event of the history holds the whole input, and is one small page.
  async function findInput(
    workflowId: string,
    orderId: string,
  ): Promise<Pick<CheckoutInput, 'order' | 'policy'> | undefined> {
    try {
      const { history } = await withDeadline(() =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution: { workflowId },
          maximumPageSize: 1,
        }),
      );
      const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
      const [input] = await decodeArrayFromPayloads(client.workflow.options.loadedDataConverter, payloads);
      if (!isGroupInput(input) && !isCheckoutInput(input)) return undefined;
      const order = ordersOf(input).find((each) => each.orderId === orderId);
      return order && { order, policy: input.policy };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  return {
    start: ({ order, epoch }) => begin({ order, policy, ...epochOf(epoch) }),
    restart: begin,
    describe,
    findInput,
    find: async (workflowId, orderId) => (await findInput(workflowId, orderId))?.order,

    startGroup(workflowId, starts) {
      const orders = starts.map(({ order }) => order);
      const later = starts.filter(({ epoch }) => epoch > FIRST_EPOCH);
      const epochs = Object.fromEntries(later.map(({ order, epoch }) => [order.orderId, epoch]));
      const input: GroupInput = { orders, policy, ...(later.length > 0 && { epochs }) };
      return isFirst(
        withDeadline(() =>
          client.workflow.start(GROUP_WORKFLOW, {
            ...options,
            workflowId,
            args: [input],
            typedSearchAttributes: [orderIdAttribute(...orders.map(({ orderId }) => orderId))],
            staticSummary: `Group of ${orders.length} orders`,
          }),
        ),
      );
    },
  };
}

const epochOf = (epoch: number): { epoch?: number } => (epoch > FIRST_EPOCH ? { epoch } : {});

/** Returns false if a workflow of this id was started before. */
async function isFirst(starting: Promise<unknown>): Promise<boolean> {
  try {
    await starting;
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof Error && 'code' in error && error.code === NOT_FOUND);

const ordersOf = (input: GroupInput | CheckoutInput): CheckoutOrder[] =>
  isGroupInput(input) ? input.orders : [input.order];

const isGroupInput = (input: unknown): input is GroupInput =>
  typeof input === 'object' && input !== null && 'orders' in input;

const isCheckoutInput = (input: unknown): input is CheckoutInput =>
  typeof input === 'object' && input !== null && 'order' in input;
