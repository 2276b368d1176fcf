import {
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import {
  createCheckoutActivities,
  createMailActivities,
  type CheckoutAdapters,
} from '../activities/index.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { MAIL_CONNECTIONS } from '../adapters/smtp/mailer.ts';
import type { WebhookActivities } from '../contracts/http/webhooks.ts';
import { TUNING } from './tuning.ts';

/** An order tells its customer at most of two things at once: that it is created, and paid. */
const MAX_CONCURRENT_MAILS = 2;

export interface WorkerBase extends WorkerHooks {
  connection: NativeConnection;
  namespace: string;
}

/** What a proof puts between the workers and their work; nothing in production. */
export type WorkerHooks = Pick<WorkerOptions, 'interceptors' | 'sinks'>;

/** Runs the workflows, and the steps that hold up an order. */
export function createCheckoutWorker(
  base: WorkerBase,
  workflowBundle: WorkflowBundleOption,
  adapters: CheckoutAdapters,
): Promise<Worker> {
  return Worker.create({
    ...base,
    ...TUNING,
    taskQueue: TASK_QUEUES.checkout,
    workflowBundle,
    activities: createCheckoutActivities(adapters),
  });
}

/** Sends the mails that did not leave at once: a queue of its own, so that a slow mail server holds up mails only. */
export function createNotificationsWorker(base: WorkerBase, mails: MailLog, mailer: Mailer): Promise<Worker> {
  return Worker.create({
    ...base,
    taskQueue: TASK_QUEUES.notifications,
    // No more than the mailer has connections: a mail that waits in line may time out, and then leave twice.
    maxConcurrentActivityTaskExecutions: Math.floor(MAIL_CONNECTIONS / MAX_CONCURRENT_MAILS),
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities: createMailActivities(mails, mailer),
  });
}

/** Sends events to the subscribers by webhook, some of whom are slow: a queue of its own. */
export function createWebhooksWorker(base: WorkerBase, activities: WebhookActivities): Promise<Worker> {
  return Worker.create({
    ...base,
    taskQueue: TASK_QUEUES.webhooks,
    maxConcurrentActivityTaskExecutions: TUNING.maxConcurrentActivityTaskExecutions,
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities,
  });
}
