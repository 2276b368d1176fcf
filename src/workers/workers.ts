import {
  Worker,
  type InjectedSinks,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';
import {
  createCheckoutActivities,
  createMailActivities,
  type CheckoutAdapters,
} from '../activities/index.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { Mailer } from '../contracts/mailer.ts';
import { TASK_QUEUES } from '../contracts/temporal.ts';
import { MAIL_CONNECTIONS } from '../adapters/smtp/mailer.ts';
import { TUNING } from './tuning.ts';

/** An order tells its customer at most of two things at once: that it is created, and paid. */
const MAILS_AT_ONCE = 2;

export interface WorkerBase {
  connection: NativeConnection;
  namespace: string;
}

/** What a proof puts between the workers and their work; nothing in production. */
export interface WorkerHooks {
  activities?: <T extends object>(activities: T) => T;
  workflowBundle?: WorkflowBundleOption;
  sinks?: InjectedSinks<Sinks>;
}

const asTheyAre = <T>(activities: T): T => activities;

/** Runs the workflows, and the steps that hold up an order. */
export function createCheckoutWorker(
  { activities: hooked = asTheyAre, sinks, ...base }: WorkerBase & WorkerHooks,
  workflowBundle: WorkflowBundleOption,
  adapters: CheckoutAdapters,
): Promise<Worker> {
  return Worker.create({
    ...base,
    ...TUNING,
    ...(sinks && { sinks }),
    taskQueue: TASK_QUEUES.checkout,
    workflowBundle,
    activities: hooked(createCheckoutActivities(adapters)),
  });
}

/** Sends the mails that did not leave at once: a queue of its own, so that a slow mail server holds up mails only. */
export function createNotificationsWorker(
  { connection, namespace, activities: hooked = asTheyAre }: WorkerBase & WorkerHooks,
  mails: MailLog,
  mailer: Mailer,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUES.notifications,
    // No more than the mailer has connections: a mail that waits in line may time out, and then leave twice.
    maxConcurrentActivityTaskExecutions: Math.floor(MAIL_CONNECTIONS / MAILS_AT_ONCE),
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities: hooked(createMailActivities(mails, mailer)),
  });
}
