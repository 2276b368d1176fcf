import { setTimeout as delay } from 'node:timers/promises';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import { createMailSender, type MailSenderOptions } from './mail-sender.ts';

export interface StockAlertPollerOptions extends MailSenderOptions {
  /** How long a level has to be low, or out, before an alert is raised. Milliseconds. */
  delayMs: number;
  /** Milliseconds. */
  pollIntervalMs?: number;
}

export interface StockAlertPoller {
  /** Resolves when the mails that are being sent have been sent. Safe to call twice. */
  stop(): Promise<void>;
}

const POLL_INTERVAL_MS = 2_000;
const RAISE_BATCH_SIZE = 100;
const NOTIFY_BATCH_SIZE = 1_000;
const FAILURE_BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000 };

/**
 * Raises alerts of low stock, notifies subscribers of items that can be bought again, and sends the mails of both. Any number of
 * processes may do this at once: PostgreSQL gives each alert and each mail to one of them.
 */
export function startStockAlertPoller(options: StockAlertPollerOptions): StockAlertPoller {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(options: StockAlertPollerOptions, stopping: AbortSignal): Promise<void> {
  const { subscriptions, pollIntervalMs = POLL_INTERVAL_MS, logger } = options;
  const sender = createMailSender(options);
  let failures = 0;
  while (!stopping.aborted) {
    try {
      const moreAlerts = await raiseAlerts(options);
      const moreSubscribers = (await subscriptions.notify(NOTIFY_BATCH_SIZE)) === NOTIFY_BATCH_SIZE;
      const moreMails = await sender.send();
      if (failures > 0) logger.info('the stock alert poller works again');
      failures = 0;
      if (!moreAlerts && !moreSubscribers && !moreMails) await pause(pollIntervalMs, stopping);
    } catch (error) {
      if (failures === 0)
        logger.warn(
          { cause: error instanceof Error ? error.name : typeof error },
          'the stock alert poller failed; it tries again',
        );
      await pause(pauseBefore(failures, FAILURE_BACKOFF), stopping);
      failures += 1;
    }
  }
}

/** Returns whether there may be more. */
async function raiseAlerts({ alerts, alertsTo, delayMs, logger }: StockAlertPollerOptions): Promise<boolean> {
  const raised = await alerts.raise({ delayMs, limit: RAISE_BATCH_SIZE, mail: alertsTo !== undefined });
  for (const alert of raised) logger.info(alert, 'the stock alert poller raised an alert');
  return raised.length === RAISE_BATCH_SIZE;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
