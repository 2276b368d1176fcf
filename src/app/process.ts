import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { Logger } from '../platform/logging.ts';
import { installShutdown } from '../platform/shutdown.ts';
import { openApi } from './api.ts';
import { openIntake } from './intake.ts';
import type { ProcessConfig } from './process-config.ts';
import { openOrderSweeper } from './order-sweeper.ts';
import { openRelay } from './relay.ts';
import { openResources } from './resources.ts';
import { openRetention } from './retention.ts';
import { openStockAlerts } from './stock-alerts.ts';
import { openTelemetry, openTracing } from './telemetry.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { createWorkers, type WorkerChanges } from './workers.ts';

/** Milliseconds for all of the shutdown; below what a supervisor gives a process before it kills it. */
const GRACE_MS = 8_000;
/** For alerts of stock whose mails are being sent, within {@link GRACE_MS}. Milliseconds. */
const ALERT_GRACE_MS = 5_000;
/** For mails that the mail server was given, and for recording its answers, within {@link GRACE_MS}. Milliseconds. */
const MAIL_GRACE_MS = 2_500;

/** For a proof, which watches and kills a process from within, and for `npm run dev`. */
export interface ProcessHooks extends WorkerChanges {
  ready?(workers: readonly Worker[]): void;
  /** Called when the traces are open, or it is known that there are none. */
  tracing?(tracing: Tracing | undefined): void;
}

/** Starts the parts that the roles ask for. The API starts last: it accepts orders when everything that they need runs. */
export async function runProcess(
  config: ProcessConfig,
  logger: Logger,
  hooks: ProcessHooks = {},
): Promise<void> {
  const metrics = await openTelemetry(config, logger);
  const tracing = await openTracing(config, logger);
  hooks.tracing?.(tracing);
  const resources = await openResources(config, logger, { telemetry: metrics?.telemetry, tracing });
  const workers = await createWorkers(resources, config, logger, hooks);
  const running = workers.map((worker) => worker.run());
  const intake = await openIntake(resources, config, logger);
  const relay = openRelay(resources, config, logger);
  const stockAlerts = openStockAlerts(resources, config, logger);
  const retention = openRetention(resources, config, logger);
  const orderSweeper = openOrderSweeper(resources, config, logger);
  const api = await openApi(resources, config, logger);

  const shutdown = installShutdown({
    logger,
    graceMs: GRACE_MS,
    phases: [
      {
        // All at once: a caller who waits for an outcome must not delay the shutdown of the workers.
        name: 'api, intake, relay, stock alerts, order sweeper, retention and workers',
        run: () => {
          for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
          return Promise.allSettled([
            api?.close(),
            intake?.close(),
            relay?.stop(),
            // The mail server may take minutes to answer about a mail.
            stockAlerts &&
              Promise.race([stockAlerts.stop(), delay(ALERT_GRACE_MS, undefined, { ref: false })]),
            orderSweeper?.stop(),
            retention?.stop(),
            ...running,
          ]);
        },
      },
      {
        // No attempt waits for these mails any more. Those that the mail server was not given are free for another process at once.
        name: 'mails',
        run: async () => {
          void resources.mailer.stop();
          await resources.background.done(MAIL_GRACE_MS);
        },
      },
      // Last: orders that the first phase completes still need PostgreSQL, Temporal and the mail server.
      { name: 'connections', run: () => resources.close() },
      { name: 'metrics', run: () => metrics?.close() },
      { name: 'traces', run: () => tracing?.close() },
    ],
  });
  // A worker stops by itself only after an error that it cannot recover from: the process ends, and is started again.
  Promise.all(running).catch((error: unknown) => {
    logger.fatal({ err: error }, 'a worker stopped');
    shutdown.close('a worker stopped');
  });
  hooks.ready?.(workers);
  logger.info({ roles: config.roles }, 'the process is ready');
  process.send?.({ type: 'ready' });
}
