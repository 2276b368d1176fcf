import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { MailRequest } from '../../src/contracts/http/mail.ts';
import type { FulfilmentPlan, FulfilmentResult } from '../../src/contracts/temporal/fulfilment.ts';
import { CHANGED_SIGNAL } from '../../src/contracts/temporal/messages.ts';
import {
  FULFILMENT_WORKFLOW,
  fulfilmentWorkflowId,
  TASK_QUEUES,
} from '../../src/contracts/temporal/names.ts';
import { ensureSearchAttributes } from '../../src/platform/temporal.ts';
import { temporalTestServerPath } from '../../dev/temporal/cli.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { testWorkflowBundle } from './workflow-bundle.ts';

/** A run continues as new when its history has more events. */
const MAX_EVENTS = 2_000;

/** What PostgreSQL says has to be done; everything else is nothing. */
export type PlanChanges = Partial<Omit<FulfilmentPlan, 'orderId'>>;

/** What the activities of one order do, and what they were called with. */
export class ShippedOrder {
  readonly orderId = `ord_${randomUUID().replaceAll('-', '')}`;
  /** The plan of now. A test changes it. */
  plan: PlanChanges = {};
  /** The names of the activities other than the plan, in the sequence of their calls. */
  readonly calls: string[] = [];
  readonly mails: string[] = [];
  readonly parked: { step: string; reason: string }[] = [];
  /** The inputs of captures and refunds. */
  readonly operations: unknown[] = [];
  plans = 0;
  /** What an activity does; by default nothing. */
  readonly does: Partial<Record<string, () => Promise<void> | void>> = {};
}

export interface FulfilmentStage {
  start(order: ShippedOrder): Promise<WorkflowHandle>;
  changed(order: ShippedOrder): Promise<void>;
  /** Makes the history of the run too long, and waits for the next run. */
  continuesAsNew(order: ShippedOrder): Promise<void>;
  /** Replays every run of the order's workflow against the present code. @throws what a replay throws */
  replayRuns(order: ShippedOrder): Promise<void>;
  /** Ends the order, and returns the result of its workflow. */
  end(order: ShippedOrder): Promise<FulfilmentResult>;
  /** Lets this much time pass. */
  sleep(ms: number): Promise<void>;
  environment: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/** The fulfilment workflow on Temporal's time-skipping server, with activities that follow a {@link ShippedOrder}. */
export async function openFulfilmentStage(): Promise<FulfilmentStage> {
  const path = await temporalTestServerPath({ dataDir: '.data', logger: testLogger });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await ensureSearchAttributes(environment.nativeConnection, 'default', testLogger);
  const orders = new Map<string, ShippedOrder>();

  const orderOf = (items: { orderId: string }[]): ShippedOrder => {
    const order = orders.get(items[0]?.orderId ?? '');
    if (!order) throw new Error('This order was not started by the test.');
    return order;
  };
  const acting = (name: string) => async (items: { orderId: string }[]) => {
    const order = orderOf(items);
    order.calls.push(name);
    await order.does[name]?.();
  };
  const activities = {
    planFulfilment: (items: { orderId: string }[]) => {
      const order = orderOf(items);
      order.plans += 1;
      return Promise.resolve([planOf(order)]);
    },
    ...Object.fromEntries(
      ['allocateStock', 'buyLabel', 'refundLabel', 'trackShipments'].map((name) => [name, acting(name)]),
    ),
    parkStep: (items: { orderId: string; step: string; reason: string }[]) => {
      for (const { step, reason } of items) orderOf(items).parked.push({ step, reason });
      return Promise.resolve([]);
    },
    resolveStep: acting('resolveStep'),
    notify: async (mails: MailRequest[]) => {
      const order = orderOf(mails);
      await order.does['notify']?.();
      for (const { kind, part } of mails) order.mails.push(`${kind} ${part ?? ''}`.trim());
      return mails.map((mail) => ({ ...mail, status: 'sent' as const }));
    },
    // Captures and refunds are refused at once: only that they were started is looked at.
    ...Object.fromEntries(
      ['beginCapture', 'beginRefund'].map((name) => [
        name,
        (items: { orderId: string }[]) => {
          orderOf(items).operations.push(...items);
          return Promise.resolve(
            items.map((item) => ({ ...item, outcome: 'refused', code: 'not_refundable', left: 0 })),
          );
        },
      ]),
    ),
  };
  const base = {
    connection: environment.nativeConnection,
    namespace: 'default',
    activities,
    shutdownForceTime: '5s' as const,
  };
  const workflowBundle = await testWorkflowBundle();
  const workers = [
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.fulfilment, workflowBundle }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.checkout, workflowBundle }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.notifications }),
  ];
  const running = workers.map((worker) => worker.run());
  const { client } = environment;
  const handleOf = ({ orderId }: ShippedOrder) => client.workflow.getHandle(fulfilmentWorkflowId(orderId));
  const runIds = new Map<ShippedOrder, string>();
  const changed = (order: ShippedOrder) => handleOf(order).signal(CHANGED_SIGNAL);

  return {
    environment,
    changed,
    async start(order) {
      orders.set(order.orderId, order);
      const { firstExecutionRunId } = await client.workflow.start(FULFILMENT_WORKFLOW, {
        workflowId: fulfilmentWorkflowId(order.orderId),
        taskQueue: TASK_QUEUES.fulfilment,
        args: [{ orderId: order.orderId }],
      });
      runIds.set(order, firstExecutionRunId);
      return handleOf(order);
    },
    async continuesAsNew(order) {
      const { runId } = await handleOf(order).describe();
      await Promise.all(Array.from({ length: MAX_EVENTS }, () => changed(order)));
      await waitUntilPasses(async () => {
        assert.notEqual((await handleOf(order).describe()).runId, runId);
      }, 60_000);
    },
    async replayRuns(order) {
      let runId = runIds.get(order);
      const workflowId = fulfilmentWorkflowId(order.orderId);
      while (runId) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
        runId =
          history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
      }
    },
    async end(order) {
      order.plan = { status: 'closed', done: true };
      await changed(order);
      return (await handleOf(order).result()) as FulfilmentResult;
    },
    sleep: (ms) => environment.sleep(ms),
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(running);
      await environment.teardown();
    },
  };
}

const planOf = ({ orderId, plan }: ShippedOrder): FulfilmentPlan => ({
  orderId,
  status: 'paid',
  done: false,
  short: [],
  buyLabels: false,
  refundLabels: false,
  track: false,
  attention: [],
  mails: [],
  refunds: [],
  ...plan,
});
