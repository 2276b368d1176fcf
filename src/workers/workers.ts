import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import { createCheckoutActivities, createMailActivities } from '../activities/index.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { Mailer } from '../contracts/mailer.ts';
import type { PaymentProvider } from '../contracts/payment-provider.ts';
import { TASK_QUEUES } from '../contracts/temporal.ts';
import { TUNING } from './tuning.ts';

export interface WorkerBase {
  connection: NativeConnection;
  namespace: string;
}

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
