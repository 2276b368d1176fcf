import { Client } from '@temporalio/client';
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import { createAuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { batchedLedger } from '../adapters/postgres/batched-ledger.ts';
import { createMailLog } from '../adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../adapters/postgres/order-ledger.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createWebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { hasBrokers } from '../adapters/brokers/brokers.ts';
import { createMailer } from '../adapters/smtp/mailer.ts';
import { createStripeClient } from '../adapters/stripe/client.ts';
import { createPaymentProvider } from '../adapters/stripe/payment-provider.ts';
import { createProviderRecords } from '../adapters/stripe/provider-records.ts';
import { createWorkflowLister } from '../adapters/temporal/workflow-lister.ts';
import { createWebhookActivities } from '../activities/webhooks.ts';
import { createWebhookSender } from '../adapters/webhooks/sender.ts';
import { startApi, type RunningApi } from '../api/server.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logging.ts';
import { installShutdown } from '../platform/shutdown.ts';
import { connectTemporal, ensureSearchAttributes, installTemporalRuntime } from '../platform/temporal.ts';
import { ensureAuditSchedule } from '../workers/audit-schedule.ts';
import { openIntake, type RunningIntake } from './open-intake.ts';
import { destinationsOf } from '../relay/destinations.ts';
import { startRelay, type Relay } from '../relay/relay.ts';
import { webhookDestination } from '../webhooks/webhook-destination.ts';
import {
  createCheckoutWorker,
  createNotificationsWorker,
  createWebhooksWorker,
  type WorkerBase,
  type WorkerHooks,
} from '../workers/workers.ts';
import { workflowBundle } from '../workers/workflow-bundle.ts';

const GRACE_MS = 8_000;

/** For a proof, which watches and kills a process from within. */
export interface ProcessHooks {
  readonly workflowBundle?: WorkflowBundleOption;
  worker?(client: Client): WorkerHooks;
  ready?(workers: readonly Worker[]): void;
}

/** Starts what the roles ask for. The API comes last: it takes orders when everything behind it is there. */
export async function runProcess(
  { roles, ...rest }: Config,
  databaseUrl: string,
  log: Logger,
  hooks: ProcessHooks = {},
): Promise<void> {
  installTemporalRuntime(log);
  const connection = await connectTemporal(rest.temporal);
  await ensureSearchAttributes(connection, rest.temporal.namespace, log);

  const temporalClient = new Client({ connection, namespace: rest.temporal.namespace });
  const base: WorkerBase = {
    connection,
    namespace: rest.temporal.namespace,
    ...hooks.worker?.(temporalClient),
  };
  const pool = createPool({ url: databaseUrl, logger: log });
  const mailer = createMailer(rest.mail);
  const mails = createMailLog(pool);
  const subscribers = {
    endpoints: createWebhookEndpoints(pool),
    deliveries: createWebhookDeliveries(pool),
  };
  const webhooks = createWebhookSender(rest.webhooks);
  const workers: Worker[] = [];
  if (roles.includes('checkout')) {
    const stripe = createStripeClient(rest.stripe);
    workers.push(
      await createCheckoutWorker(base, hooks.workflowBundle ?? (await workflowBundle()), {
        ledger: batchedLedger(createOrderLedger(pool)),
        provider: createPaymentProvider(stripe),
        mails,
        mailer,
        audit: {
          pool,
          log: createAuditLog(pool),
          provider: createProviderRecords(stripe),
          workflows: createWorkflowLister(temporalClient),
        },
      }),
    );
    await ensureAuditSchedule(temporalClient, rest.auditSchedule, log);
  }
  if (roles.includes('notifications')) {
    workers.push(
      await createNotificationsWorker(base, mails, mailer),
      await createWebhooksWorker(base, createWebhookActivities({ ...subscribers, sender: webhooks, mailer })),
    );
  }
  const running = workers.map((worker) => worker.run());

  let intake: RunningIntake | undefined;
  if (roles.includes('intake') && hasBrokers(rest.brokers)) {
    intake = await openIntake({ config: { roles, ...rest }, databaseUrl, logger: log, temporalClient });
  }
  let relay: Relay | undefined;
  if (roles.includes('relay')) {
    const destinations = [
      ...destinationsOf(rest.brokers, log),
      webhookDestination({ ...subscribers, temporalClient, logger: log }),
    ];
    relay = startRelay({ databaseUrl, destinations, start: rest.relay.start, logger: log });
  }
  let api: RunningApi | undefined;
  if (roles.includes('api')) {
    api = await startApi({ config: { roles, ...rest }, logger: log, temporalClient });
  }

  const shutdown = installShutdown({
    logger: log,
    graceMs: GRACE_MS,
    phases: [
      {
        // Together: a caller who waits for an outcome must not keep the workers from winding up.
        name: 'api, intake, relay and workers',
        run: () => {
          for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
          return Promise.allSettled([api?.close(), intake?.close(), relay?.stop(), ...running]);
        },
      },
      {
        name: 'connections',
        run: () => {
          mailer.close();
          webhooks.close();
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
  hooks.ready?.(workers);
  log.info({ roles }, 'ready');
  process.send?.({ type: 'ready' });
}
