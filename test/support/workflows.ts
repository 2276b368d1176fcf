import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  TASK_QUEUES,
  type CheckoutInput,
} from '../../src/contracts/temporal.ts';
import type { CheckoutOrder } from '../../src/contracts/checkout.ts';
import type { checkout } from '../../src/workflows/checkout.ts';
import { ensureSearchAttributes } from '../../src/platform/temporal.ts';
import { temporalTestServerPath } from '../../src/embedded/temporal-cli.ts';
import { workflowBundle } from '../../src/workers/workflow-bundle.ts';
import { testLogger } from './embedded.ts';
import { checkoutOrder } from './orders.ts';
import { scriptedActivities, type Script } from './scripted-activities.ts';

export type CheckoutHandle = WorkflowHandle<typeof checkout>;

/** The workflow code on Temporal's time-skipping server: a deadline of a quarter of an hour passes in a moment. */
export interface WorkflowStage {
  /** Runs an order with the given script for its activities, and `act` beside it. */
  play(
    script: Script,
    act?: (handle: CheckoutHandle, seen: Played) => Promise<void>,
  ): Promise<Played & { status: string; reason?: string }>;
  environment: TestWorkflowEnvironment;
  close(): Promise<void>;
}

export interface Played {
  order: CheckoutOrder;
  /** Names of the activities in the order in which they ran. */
  calls: string[];
  mails: string[];
}

export const PAYMENT_DEADLINE_MS = 15 * 60_000;

export async function openWorkflowStage(): Promise<WorkflowStage> {
  const path = await temporalTestServerPath({ dataDir: '.data', logger: testLogger });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await ensureSearchAttributes(environment.nativeConnection, 'default', testLogger);
  const theatre = scriptedActivities();
  const base = {
    connection: environment.nativeConnection,
    namespace: 'default',
    activities: theatre.activities,
  };
  const workers = [
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.checkout, workflowBundle: await workflowBundle() }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.notifications }),
  ];
  const running = workers.map((worker) => worker.run());

  return {
    environment,
    async play(script, act) {
      const order = checkoutOrder();
      const played = { order, ...theatre.rehearse(order.orderId, script) };
      const input: CheckoutInput = { order, policy: { paymentDeadlineMs: PAYMENT_DEADLINE_MS } };
      const handle = await environment.client.workflow.start<typeof checkout>(CHECKOUT_WORKFLOW, {
        workflowId: checkoutWorkflowId(order.orderId),
        taskQueue: TASK_QUEUES.checkout,
        args: [input],
      });
      await act?.(handle, played);
      return { ...played, ...(await handle.result()) };
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await environment.teardown();
    },
  };
}
