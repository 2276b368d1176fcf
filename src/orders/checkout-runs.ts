import {
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { CheckoutOrder, CheckoutPolicy } from '../contracts/checkout.ts';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  REQUEST_HASH_MEMO,
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
  type CheckoutInput,
} from '../contracts/temporal.ts';

const ORDER_ID = defineSearchAttributeKey(SEARCH_ATTRIBUTES.orderId.name, SEARCH_ATTRIBUTES.orderId.type);
const ORDER_STATUS = defineSearchAttributeKey(
  SEARCH_ATTRIBUTES.orderStatus.name,
  SEARCH_ATTRIBUTES.orderStatus.type,
);

/** How long Temporal may take to answer; beyond it the caller is told to try again. Milliseconds. */
const DEADLINE_MS = 5_000;
const NOT_FOUND = 5;

/** The runs of the checkout workflow, as whoever places and finds orders sees them. */
export interface CheckoutRuns {
  /**
   * Starts the order's workflow; when it returns, the order is durable. False if the order has one already, running or
   * not: an order is never run twice. A call whose answer was lost may be repeated.
   */
  start(order: CheckoutOrder): Promise<boolean>;
  /** The order that its workflow was started with, while Temporal remembers it. */
  find(orderId: string): Promise<CheckoutOrder | undefined>;
}

export interface CheckoutRunsOptions {
  policy: CheckoutPolicy;
  taskQueue?: string;
}

export function createCheckoutRuns(
  client: Client,
  { policy, taskQueue = TASK_QUEUES.checkout }: CheckoutRunsOptions,
): CheckoutRuns {
  // Only a worker's NativeConnection can take the first task along; the plain gRPC connection throws when asked to.
  const requestEagerStart = !(client.connection instanceof Connection);

  return {
    async start(order) {
      const input: CheckoutInput = { order, policy };
      const lines = order.request.lines.length;
      try {
        await client.withDeadline(Date.now() + DEADLINE_MS, () =>
          client.workflow.start(CHECKOUT_WORKFLOW, {
            workflowId: checkoutWorkflowId(order.orderId),
            taskQueue,
            args: [input],
            requestEagerStart,
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            memo: { [REQUEST_HASH_MEMO]: order.requestHash },
            typedSearchAttributes: [
              { key: ORDER_ID, value: [order.orderId] },
              { key: ORDER_STATUS, value: 'placed' },
            ],
            staticSummary: lines === 1 ? '1 line' : `${lines} lines`,
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },

    // The first event of the history has it all and is one small page; the memo alone could not show the order.
    async find(orderId) {
      try {
        const { history } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
          client.workflowService.getWorkflowExecutionHistory({
            namespace: client.options.namespace,
            execution: { workflowId: checkoutWorkflowId(orderId) },
            maximumPageSize: 1,
          }),
        );
        const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
        const [input] = await decodeArrayFromPayloads(client.workflow.options.loadedDataConverter, payloads);
        return isCheckoutInput(input) ? input.order : undefined;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

const isNotFound = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof Error && 'code' in error && error.code === NOT_FOUND);

const isCheckoutInput = (input: unknown): input is CheckoutInput =>
  typeof input === 'object' && input !== null && 'order' in input;
