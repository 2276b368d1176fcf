import {
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createCheckoutActivities, createMailActivities } from '../activities/index.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { Mailer } from '../contracts/mailer.ts';
import type { PaymentProvider } from '../contracts/payment-provider.ts';
import { TASK_QUEUES } from '../contracts/temporal.ts';

export interface WorkerBase {
  connection: NativeConnection;
  namespace: string;
}

/**
 * Measured (docs/performance.md): with the defaults the tail is three times as long at 50 orders in flight. Work in
 * hand at shutdown gets the grace time; what is not done by then is done by another worker.
 */
const TUNING = {
  maxConcurrentWorkflowTaskExecutions: 200,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  maxCachedWorkflows: 2_000,
  shutdownGraceTime: '4s',
} satisfies Partial<WorkerOptions>;

/** Runs the workflows, and the steps that hold up an order. */
export function createCheckoutWorker(
  base: WorkerBase,
  workflowBundle: WorkflowBundleOption,
  ledger: OrderLedger,
  provider: PaymentProvider,
): Promise<Worker> {
  return Worker.create({
    ...base,
    ...TUNING,
    taskQueue: TASK_QUEUES.checkout,
    workflowBundle,
    activities: createCheckoutActivities(ledger, provider),
  });
}

/** Sends the mails: a queue of its own, so that a slow mail server holds up mails only. */
export function createNotificationsWorker(base: WorkerBase, mails: MailLog, mailer: Mailer): Promise<Worker> {
  return Worker.create({
    ...base,
    taskQueue: TASK_QUEUES.notifications,
    maxConcurrentActivityTaskExecutions: 50,
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities: createMailActivities(mails, mailer),
  });
}
