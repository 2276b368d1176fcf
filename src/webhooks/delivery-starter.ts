import { setTimeout as delay } from 'node:timers/promises';
import { ActivityExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { contactActivityId, type WebhookActivities } from '../contracts/http/webhooks.ts';
import { MAX_SEND_MS } from '../contracts/ports/mailer.ts';
import { pauseBefore } from '../domain/backoff.ts';
import { WEBHOOK_GIVE_UP_MS } from '../domain/webhook-retries.ts';
import type { Logger } from '../platform/logging.ts';

export interface DeliveryStarter {
  /** Starts new deliveries now instead of at the next poll. */
  wake(): void;
  /** Resolves when the deliveries that are being started have been started. */
  stop(): Promise<void>;
}

export interface DeliveryStarterOptions {
  deliveries: WebhookDeliveries;
  endpoints: WebhookEndpoints;
  client: Client;
  logger: Logger;
}

const START_BATCH_SIZE = 50;
/** Deliveries of one endpoint that are started and have not been attempted yet. */
const MAX_STARTED_PER_ENDPOINT = 100;
/** Finds deliveries that an operator has requested, and deliveries that waited for others of their endpoint. Milliseconds. */
const START_POLL_INTERVAL_MS = 500;
const MAINTENANCE_INTERVAL_MS = 60_000;
/** A delivery that Temporal has lost is started again this long after its attempt was due. Milliseconds. */
const OVERDUE_MS = 3_600_000;
const FAILURE_BACKOFF = { firstMs: 200, maxMs: 5_000 };
const DELIVERY_TIMEOUT_MS = 30_000;
/** An attempt that is retried while the mail server still has the mail would send it twice. Milliseconds. */
const CONTACT_TIMEOUT_MS = MAX_SEND_MS + 30_000;
/** After this time without a heartbeat Temporal considers the worker dead, and another worker retries. Milliseconds. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

/**
 * Starts a Temporal activity for each delivery in PostgreSQL. If the process dies in between, the next delivery starter starts the
 * delivery. An activity that already runs is not affected, and the activity of a settled delivery sends nothing.
 */
export function startDeliveryStarter(options: DeliveryStarterOptions): DeliveryStarter {
  const stopping = new AbortController();
  let wake = (): void => undefined;
  let woken = false;
  const sleep = async (ms: number): Promise<void> => {
    if (!woken) {
      const sleeping = new AbortController();
      wake = () => {
        sleeping.abort();
      };
      const signal = AbortSignal.any([stopping.signal, sleeping.signal]);
      await delay(ms, undefined, { signal }).catch(() => undefined);
    }
    woken = false;
  };
  const running = run(options, stopping.signal, sleep);
  return {
    wake() {
      woken = true;
      wake();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(
  options: DeliveryStarterOptions,
  stopping: AbortSignal,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const { logger } = options;
  let maintainedAt = 0;
  let failures = 0;
  while (!stopping.aborted) {
    try {
      if (Date.now() - maintainedAt >= MAINTENANCE_INTERVAL_MS) {
        await runMaintenance(options);
        maintainedAt = Date.now();
      }
      await notifyContacts(options);
      const started = await startWaiting(options);
      if (failures > 0) logger.info('relay starts webhook deliveries again');
      failures = 0;
      if (started < START_BATCH_SIZE) await sleep(START_POLL_INTERVAL_MS);
    } catch (error) {
      if (failures === 0)
        logger.warn(
          { cause: error instanceof Error ? error.message : typeof error },
          'relay cannot start webhook deliveries; it tries again',
        );
      await sleep(pauseBefore(failures, FAILURE_BACKOFF));
      failures += 1;
    }
  }
}

/** Returns the number of deliveries that were started. */
async function startWaiting({ deliveries, client }: DeliveryStarterOptions): Promise<number> {
  const waiting = await deliveries.unstarted(START_BATCH_SIZE, MAX_STARTED_PER_ENDPOINT);
  if (waiting.length === 0) return 0;
  const started: string[] = [];
  const alreadyRunning: string[] = [];
  const outcomes = await Promise.allSettled(
    waiting.map(async (id) => {
      ((await startOnce(client, id, 'deliverWebhook', id)) ? started : alreadyRunning).push(id);
    }),
  );
  await deliveries.markStarted(started, alreadyRunning);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return started.length;
}

async function runMaintenance({ deliveries, logger }: DeliveryStarterOptions): Promise<void> {
  const restarted = await deliveries.restartOverdue(OVERDUE_MS);
  if (restarted > 0)
    logger.warn({ deliveries: restarted }, 'relay restarts webhook deliveries that are overdue');
}

async function notifyContacts({ endpoints, client, logger }: DeliveryStarterOptions): Promise<void> {
  for (const { endpointId, stateSince } of await endpoints.unnotified()) {
    const id = contactActivityId(endpointId, stateSince.getTime());
    const started = await startOnce(client, id, 'notifyWebhookContact', endpointId);
    if (started)
      logger.warn(
        { endpoint: endpointId },
        'relay notifies the contact: the webhook endpoint is no longer enabled',
      );
  }
}

/** Starts the activity unless one with this id is running; returns whether it started it. */
async function startOnce(
  client: Client,
  id: string,
  activity: keyof WebhookActivities,
  argument: string,
): Promise<boolean> {
  try {
    await client.activity.typed<WebhookActivities>().start(activity, {
      id,
      taskQueue: TASK_QUEUES.webhooks,
      args: [argument],
      startToCloseTimeout: activity === 'notifyWebhookContact' ? CONTACT_TIMEOUT_MS : DELIVERY_TIMEOUT_MS,
      heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
      // A safety net: the activity itself gives up before that.
      scheduleToCloseTimeout: WEBHOOK_GIVE_UP_MS + OVERDUE_MS,
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
      idReusePolicy: 'ALLOW_DUPLICATE',
      idConflictPolicy: 'FAIL',
    });
    return true;
  } catch (error) {
    if (error instanceof ActivityExecutionAlreadyStartedError) return false;
    throw error;
  }
}
