import {
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import {
  createCheckoutActivities,
  createMailActivities,
  createShippingActivities,
  type CheckoutAdapters,
  type FulfilmentAdapters,
} from '../activities/index.ts';
import type { NotificationParts } from '../activities/notification.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { MAIL_CONNECTIONS } from '../adapters/smtp/mailer.ts';
import type { WebhookActivities } from '../contracts/http/webhooks.ts';
import { MAX_CARRIER_REQUESTS, TUNING } from './tuning.ts';

/** An order sends at most two mails at once: "created" and "paid". */
const MAX_MAILS_PER_ACTIVITY = 2;

export interface WorkerBase extends WorkerHooks {
  connection: NativeConnection;
  namespace: string;
}

/** Interceptors and sinks that the proof adds to the workers; production adds none. */
export type WorkerHooks = Pick<WorkerOptions, 'interceptors' | 'sinks'>;

/** Runs the workflows, and the activities that an order waits for. */
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

/** Ships paid orders, on a task queue of its own, because the carrier is slow and orders are shipped over weeks. */
export function createFulfilmentWorker(
  base: WorkerBase,
  workflowBundle: WorkflowBundleOption,
  adapters: FulfilmentAdapters,
): Promise<Worker> {
  return Worker.create({
    ...base,
    ...TUNING,
    maxConcurrentActivityTaskExecutions: MAX_CARRIER_REQUESTS,
    taskQueue: TASK_QUEUES.fulfilment,
    workflowBundle,
    activities: createShippingActivities(adapters),
  });
}

/** Retries mails whose first attempt failed, on a task queue of its own, so that a slow mail server delays mails only. */
export function createNotificationsWorker(base: WorkerBase, parts: NotificationParts): Promise<Worker> {
  return Worker.create({
    ...base,
    taskQueue: TASK_QUEUES.notifications,
    // No more than the mailer has connections: a mail that waits for a connection may time out and then be sent twice.
    maxConcurrentActivityTaskExecutions: Math.floor(MAIL_CONNECTIONS / MAX_MAILS_PER_ACTIVITY),
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities: createMailActivities(parts),
  });
}

/** Sends events to webhook endpoints, on a task queue of its own, because some endpoints are slow. */
export function createWebhooksWorker(base: WorkerBase, activities: WebhookActivities): Promise<Worker> {
  return Worker.create({
    ...base,
    taskQueue: TASK_QUEUES.webhooks,
    maxConcurrentActivityTaskExecutions: TUNING.maxConcurrentActivityTaskExecutions,
    shutdownGraceTime: TUNING.shutdownGraceTime,
    activities,
  });
}
