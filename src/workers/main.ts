/** The process: the API, the workers, or all in one, as CHECKOUT_ROLES says. */
import { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { createMailLog } from '../adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../adapters/postgres/order-ledger.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createMailer } from '../adapters/smtp/mailer.ts';
import { createStripeClient } from '../adapters/stripe/client.ts';
import { createPaymentProvider } from '../adapters/stripe/payment-provider.ts';
import { startApi, type RunningApi } from '../api/server.ts';
import { configOrExit, ConfigurationError, loadConfig, type Config } from '../platform/config.ts';
import { createLogger, type Logger } from '../platform/logging.ts';
import { installShutdown } from '../platform/shutdown.ts';
import { connectTemporal, ensureSearchAttributes, installTemporalRuntime } from '../platform/temporal.ts';
import { createCheckoutWorker, createNotificationsWorker, type WorkerBase } from './workers.ts';
import { workflowBundle } from './workflow-bundle.ts';

const GRACE_MS = 8_000;

const config = configOrExit(() => {
  const loaded = loadConfig();
  if (loaded.databaseUrl === undefined)
    throw new ConfigurationError('DATABASE_URL must be set for this process.');
  return loaded;
});
const logger = createLogger({ level: config.logLevel, component: config.roles.join('+') });

try {
  await run(config, config.databaseUrl ?? '', logger);
} catch (error) {
  logger.fatal({ err: error }, 'could not start');
  process.exit(1);
}

/** Starts what the roles ask for. The API comes last: it takes orders when everything behind it is there. */
async function run({ roles, ...rest }: Config, databaseUrl: string, log: Logger): Promise<void> {
  installTemporalRuntime(log);
  const connection = await connectTemporal(rest.temporal);
  await ensureSearchAttributes(connection, rest.temporal.namespace, log);

  const base: WorkerBase = { connection, namespace: rest.temporal.namespace };
  const pool = createPool({ url: databaseUrl, logger: log });
  const mailer = createMailer(rest.mail);
  const mails = createMailLog(pool);
  const workers: Worker[] = [];
  if (roles.includes('checkout')) {
    const provider = createPaymentProvider(createStripeClient(rest.stripe));
    workers.push(
      await createCheckoutWorker(base, await workflowBundle(), {
        ledger: createOrderLedger(pool),
        provider,
        mails,
        mailer,
      }),
    );
  }
  if (roles.includes('notifications')) {
    workers.push(await createNotificationsWorker(base, mails, mailer));
  }
  const running = workers.map((worker) => worker.run());

  let api: RunningApi | undefined;
  if (roles.includes('api')) {
    const temporalClient = new Client({ connection, namespace: rest.temporal.namespace });
    api = await startApi({ config: { roles, ...rest }, logger: log, temporalClient });
  }

  const shutdown = installShutdown({
    logger: log,
    graceMs: GRACE_MS,
    phases: [
      {
        // Together: a caller who waits for an outcome must not keep the workers from winding up.
        name: 'api and workers',
        run: () => {
          for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
          return Promise.allSettled([api?.close(), ...running]);
        },
      },
      {
        name: 'connections',
        run: () => {
          mailer.close();
          return Promise.all([connection.close(), pool.end()]);
        },
      },
    ],
  });
  // A worker that stops by itself has met something it cannot go on from: the process ends, and is started again.
  Promise.all(running).catch((error: unknown) => {
    log.fatal({ err: error }, 'a worker stopped');
    shutdown.close('a worker stopped');
  });
  log.info({ roles }, 'ready');
  process.send?.({ type: 'ready' });
}
