import { setTimeout as delay } from 'node:timers/promises';
import { ActivityExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { contactActivityId, type WebhookActivities } from '../contracts/http/webhooks.ts';
import { pauseBefore } from '../domain/backoff.ts';
import { WEBHOOK_GIVE_UP_MS } from '../domain/webhook-retries.ts';
import type { Logger } from '../platform/logging.ts';

export interface DeliveryStarter {
  /** There may be deliveries to start. */
  wake(): void;
  /** Resolves when what is being started has been. */
  stop(): Promise<void>;
}

export interface DeliveryStarterOptions {
  deliveries: WebhookDeliveries;
  endpoints: WebhookEndpoints;
  client: Client;
  logger: Logger;
}

const AT_ONCE = 50;
/** Begun and not tried yet, of one endpoint. */
const OF_ENDPOINT = 100;
/** For what was asked for by hand, and for what waited for others of its endpoint. Milliseconds. */
const POLL_INTERVAL_MS = 500;
const HOUSEKEEPING_MS = 60_000;
/** One that Temporal has lost is begun again, so long after it should have been tried. Milliseconds. */
const OVERDUE_MS = 3_600_000;
/** Settled deliveries are kept for so long, to be looked at. Milliseconds. */
const KEPT_MS = 30 * 86_400_000;
const DELETE_BATCH_SIZE = 1_000;
const FAILED = { firstMs: 200, maxMs: 5_000 };
const DELIVERY_TIMEOUT_MS = 30_000;
/** After so long without a sign of life its worker is taken for dead, and another one tries. Milliseconds. */
const HEARTBEAT_MS = 10_000;

/**
 * Starts an activity for each delivery that is written down. Whichever dies in between, the delivery is started by the next one;
 * one that runs already goes on as it is, and one that is settled sends nothing.
 */
export function startDeliveryStarter(options: DeliveryStarterOptions): DeliveryStarter {
  const stopping = new AbortController();
  let wake = (): void => undefined;
  let woken = false;
  const news = async (ms: number): Promise<void> => {
    if (woken) return;
    const early = new AbortController();
    wake = () => {
      early.abort();
    };
    const signal = AbortSignal.any([stopping.signal, early.signal]);
    await delay(ms, undefined, { signal }).catch(() => undefined);
  };
  const running = run(options, stopping.signal, async (ms) => {
    await news(ms);
    woken = false;
  });
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
  news: (ms: number) => Promise<void>,
): Promise<void> {
  const { logger } = options;
  let keptHouseAt = 0;
  let faults = 0;
  while (!stopping.aborted) {
    try {
      if (Date.now() - keptHouseAt >= HOUSEKEEPING_MS) {
        await runMaintenance(options);
        keptHouseAt = Date.now();
      }
      await tellContacts(options);
      const started = await startWaiting(options);
      if (faults > 0) logger.info('webhooks are delivered again');
      faults = 0;
      if (started < AT_ONCE) await news(POLL_INTERVAL_MS);
    } catch (error) {
      if (faults === 0)
        logger.warn({ cause: error instanceof Error ? error.message : typeof error }, 'webhooks wait');
      await news(pauseBefore(faults, FAILED));
      faults += 1;
    }
  }
}

/** Answers how many were started. */
async function startWaiting({ deliveries, client }: DeliveryStarterOptions): Promise<number> {
  const waiting = await deliveries.unstarted(AT_ONCE, OF_ENDPOINT);
  if (waiting.length === 0) return 0;
  const started: string[] = [];
  const underWay: string[] = [];
  const outcomes = await Promise.allSettled(
    waiting.map(async (id) => {
      ((await startOnce(client, id, 'deliverWebhook', id)) ? started : underWay).push(id);
    }),
  );
  await deliveries.markStarted(started, underWay);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return started.length;
}

async function runMaintenance({ deliveries, logger }: DeliveryStarterOptions): Promise<void> {
  const restarted = await deliveries.restartOverdue(OVERDUE_MS);
  if (restarted > 0) logger.warn({ deliveries: restarted }, 'webhooks that were overdue are started again');
  while ((await deliveries.deleteSettled(KEPT_MS, DELETE_BATCH_SIZE)) === DELETE_BATCH_SIZE);
}

async function tellContacts({ endpoints, client, logger }: DeliveryStarterOptions): Promise<void> {
  for (const { endpointId, stateSince } of await endpoints.unnotified()) {
    const id = contactActivityId(endpointId, stateSince.getTime());
    const started = await startOnce(client, id, 'notifyWebhookContact', endpointId);
    if (started) logger.warn({ endpoint: endpointId }, 'a webhook endpoint is not sent to any more');
  }
}

/** Answers whether it was started now; it may be under way already. */
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
      startToCloseTimeout: DELIVERY_TIMEOUT_MS,
      heartbeatTimeout: HEARTBEAT_MS,
      // A net: the activity itself gives up before that.
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
