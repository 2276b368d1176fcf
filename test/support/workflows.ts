import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { WorkflowResultType } from '@temporalio/common';
import {
  CHECKOUT_WORKFLOW,
  EPOCH_MEMO,
  GROUP_WORKFLOW,
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
  checkoutWorkflowId,
  groupWorkflowId,
} from '../../src/contracts/temporal/names.ts';
import type { GroupResult, Handoff } from '../../src/contracts/temporal/workflows.ts';
import type { CheckoutOrder, CheckoutPolicy } from '../../src/contracts/temporal/checkout.ts';
import type * as workflows from '../../src/workflows/index.ts';
import { ensureSearchAttributes } from '../../src/platform/temporal.ts';
import { temporalTestServerPath } from '../../dev/temporal/cli.ts';
import { testWorkflowBundle } from './workflow-bundle.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { scriptedActivities, type Observed, type Script } from './scripted-activities.ts';

type Workflows = typeof workflows;
type OperationType =
  'refund' | 'cancellation' | 'capture' | 'latePayment' | 'reconciliation' | 'returnedRefund' | 'disputes';
type InputOf<K extends OperationType> = Omit<Parameters<Workflows[K]>[0], 'orderId'>;
type ResultOf<K extends OperationType> = WorkflowResultType<Workflows[K]>;

export type GroupHandle = WorkflowHandle<Workflows['checkoutGroup']>;
export type CheckoutHandle = WorkflowHandle<Workflows['checkout']>;
export type OperationHandle<K extends OperationType> = WorkflowHandle<Workflows[K]>;

/**
 * The workflows with scripted activities, on Temporal's time-skipping server: while a test waits for a workflow's result,
 * timers fire at once.
 */
export interface WorkflowStage {
  /** Runs the checkout of one order with scripted activities, and `act` concurrently. */
  runCheckout(
    script: Script,
    act?: (handle: CheckoutHandle, seen: CheckoutRun) => Promise<void>,
    changes?: OrderChanges,
  ): Promise<CheckoutRun & { status: string; reason?: string }>;
  /** Starts the checkout of an order whose activities are scripted already, such as an order of a group. */
  startCheckout(run: CheckoutRun, changes?: Omit<OrderChanges, 'request'>): Promise<CheckoutHandle>;
  /** Runs an operation on an order in the same way. */
  runOperation<K extends OperationType>(
    type: K,
    input: InputOf<K>,
    script: Script,
    act?: (handle: OperationHandle<K>, seen: Observed & { orderId: string }) => Promise<void>,
  ): Promise<Observed & { orderId: string; result: ResultOf<K> }>;
  /** Scripts the activities of an order whose workflow the test starts itself. */
  prepare(script: Script): Observed & { orderId: string };
  /** Runs orders as a group. Activities that it calls with several orders follow the script of the first of them. */
  runGroup(
    scripts: readonly Script[],
    act?: (handle: GroupHandle, seen: readonly CheckoutRun[]) => Promise<void>,
    changes?: OrderChanges,
  ): Promise<{ result: GroupResult; orders: CheckoutRun[]; workflowId: string }>;
  /** Waits for a promise while time is skipped. */
  withTimeSkipping<T>(promise: Promise<T>): Promise<T>;
  environment: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/** Every value that the search attribute `NeedsAttention` of a workflow has had. */
export async function attentionOf(handle: WorkflowHandle): Promise<boolean[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upserted }) => {
    const data = upserted?.searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.needsAttention.name]?.data;
    return data ? [Buffer.from(data).toString() === 'true'] : [];
  });
}

export interface OrderChanges {
  policy?: Partial<CheckoutPolicy>;
  request?: Partial<CheckoutOrder['request']>;
  order?: Pick<CheckoutOrder, 'cancelReason'>;
  /** Absent: the run has none, as in release 0.2. */
  epoch?: number;
  /** What is known of the order from the run that carried it before. */
  handoff?: Handoff;
}

export interface CheckoutRun extends Observed {
  order: CheckoutOrder;
}

export const PAYMENT_DEADLINE_MS = 15 * 60_000;

export async function openWorkflowStage(): Promise<WorkflowStage> {
  const path = await temporalTestServerPath({ dataDir: '.data', logger: testLogger });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await ensureSearchAttributes(environment.nativeConnection, 'default', testLogger);
  const scripted = scriptedActivities();
  const base = {
    connection: environment.nativeConnection,
    namespace: 'default',
    activities: scripted.activities,
    // An activity of a failed test may still wait for its gate.
    shutdownForceTime: '5s',
  };
  const workers = [
    await Worker.create({
      ...base,
      taskQueue: TASK_QUEUES.checkout,
      workflowBundle: await testWorkflowBundle(),
    }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.notifications }),
  ];
  const running = workers.map((worker) => worker.run());
  const { client } = environment;
  const taskQueue = TASK_QUEUES.checkout;

  const startCheckout: WorkflowStage['startCheckout'] = ({ order }, { policy, epoch, handoff } = {}) =>
    client.workflow.start<Workflows['checkout']>(CHECKOUT_WORKFLOW, {
      workflowId: checkoutWorkflowId(order.orderId),
      taskQueue,
      ...(epoch !== undefined && { memo: { [EPOCH_MEMO]: epoch } }),
      args: [
        {
          order,
          policy: { paymentDeadlineMs: PAYMENT_DEADLINE_MS, ...policy },
          ...(epoch !== undefined && { epoch }),
          ...(handoff && { handoff }),
        },
      ],
    });

  return {
    environment,
    startCheckout,

    async runCheckout(script, act, { request, order: orderChanges, ...changes } = {}) {
      const order = { ...checkoutOrder(request), ...orderChanges };
      const run = { order, ...scripted.prepare(order.orderId, script) };
      const handle = await startCheckout(run, changes);
      await act?.(handle, run);
      return { ...run, ...(await handle.result()) };
    },

    async runGroup(scripts, act, { policy, request } = {}) {
      const orders = scripts.map((script) => {
        const order = checkoutOrder(request);
        return { order, ...scripted.prepare(order.orderId, script) };
      });
      const workflowId = groupWorkflowId(randomUUID());
      const handle = await client.workflow.start<Workflows['checkoutGroup']>(GROUP_WORKFLOW, {
        workflowId,
        taskQueue,
        args: [
          {
            orders: orders.map(({ order }) => order),
            policy: { paymentDeadlineMs: PAYMENT_DEADLINE_MS, ...policy },
          },
        ],
      });
      await act?.(handle, orders);
      return { result: await handle.result(), orders, workflowId };
    },

    async runOperation<K extends OperationType>(
      type: K,
      input: InputOf<K>,
      script: Script,
      act?: (handle: OperationHandle<K>, seen: Observed & { orderId: string }) => Promise<void>,
    ) {
      const { orderId } = checkoutOrder();
      const seen = { orderId, ...scripted.prepare(orderId, script) };
      const workflowId = `${checkoutWorkflowId(orderId)}/${type}`;
      await client.workflow.start(type, { workflowId, taskQueue, args: [{ orderId, ...input }] });
      const handle = client.workflow.getHandle<Workflows[K]>(workflowId);
      await act?.(handle, seen);
      return { ...seen, result: await handle.result() };
    },

    prepare(script) {
      const { orderId } = checkoutOrder();
      return { orderId, ...scripted.prepare(orderId, script) };
    },

    async withTimeSkipping(promise) {
      const { testService } = environment.connection;
      if (!testService) throw new Error('The Temporal server of this environment cannot skip time');
      await testService.unlockTimeSkipping({});
      try {
        return await promise;
      } finally {
        await testService.lockTimeSkipping({});
      }
    },

    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(running);
      await environment.teardown();
    },
  };
}
