import {
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { CheckoutOrder, CheckoutPolicy } from '../../contracts/temporal/checkout.ts';
import { checkoutStartOptions } from '../../contracts/temporal/checkout-start-options.ts';
import { orderIdAttribute } from '../../contracts/temporal/order-id-attribute.ts';
import { CHECKOUT_WORKFLOW, GROUP_WORKFLOW, TASK_QUEUES } from '../../contracts/temporal/names.ts';
import type { CheckoutInput, GroupInput } from '../../contracts/temporal/workflows.ts';

/** How long Temporal may take to answer; after this time the caller gets an error and may try again. Milliseconds. */
export const START_DEADLINE_MS = 5_000;
const NOT_FOUND = 5;

/** Starts the workflows of new orders, and finds orders in them. */
export interface CheckoutClient {
  /**
   * Starts the order's own workflow; when this returns, the order is durable. Returns false if there was such a workflow
   * already, open or closed: an order is never processed twice. Safe to repeat when the answer was lost.
   */
  start(order: CheckoutOrder): Promise<boolean>;
  /** Starts one workflow for all of these orders, in the same way. */
  startGroup(workflowId: string, orders: CheckoutOrder[]): Promise<boolean>;
  /** Returns the order as the workflow was started with it; `undefined` if Temporal has no such workflow, or no longer. */
  find(workflowId: string, orderId: string): Promise<CheckoutOrder | undefined>;
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

  return {
    start(order) {
      const input: CheckoutInput = { order, policy };
      const startDelay = order.notBefore === undefined ? 0 : Date.parse(order.notBefore) - Date.now();
      const delayed = startDelay > 0 && { startDelay, requestEagerStart: false };
      return isFirst(
        withDeadline(() =>
          client.workflow.start(CHECKOUT_WORKFLOW, {
            ...options,
            ...checkoutStartOptions(order),
            ...delayed,
            args: [input],
          }),
        ),
      );
    },

    startGroup(workflowId, orders) {
      const input: GroupInput = { orders, policy };
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

    // The first event of the history holds the whole input, and is one small page.
    async find(workflowId, orderId) {
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
        return ordersOf(input).find((order) => order.orderId === orderId);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

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

function ordersOf(input: unknown): CheckoutOrder[] {
  if (isGroupInput(input)) return input.orders;
  return isCheckoutInput(input) ? [input.order] : [];
}

const isGroupInput = (input: unknown): input is GroupInput =>
  typeof input === 'object' && input !== null && 'orders' in input;

const isCheckoutInput = (input: unknown): input is CheckoutInput =>
  typeof input === 'object' && input !== null && 'order' in input;
