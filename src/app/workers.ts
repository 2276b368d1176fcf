import type { Client } from '@temporalio/client';
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { NotificationParts } from '../activities/notification.ts';
import { createWebhookActivities } from '../activities/webhooks.ts';
import { batchedLedger } from '../adapters/postgres/batched-ledger.ts';
import { createCarrier } from '../adapters/easypost/carrier.ts';
import { createEasyPostClient } from '../adapters/easypost/client.ts';
import { createOrderLedger } from '../adapters/postgres/order-ledger.ts';
import { createStripeClient } from '../adapters/stripe/client.ts';
import { createPaymentProvider } from '../adapters/stripe/payment-provider.ts';
import { createProviderRecords } from '../adapters/stripe/provider-records.ts';
import { createWorkflowLister } from '../adapters/temporal/workflow-lister.ts';
import type { FulfilmentAdapters } from '../activities/index.ts';
import type { Carrier } from '../contracts/ports/carrier.ts';
import type { Logger } from '../platform/logging.ts';
import { ensureAuditSchedule } from '../workers/audit-schedule.ts';
import { workflowBundle } from '../workers/workflow-bundle.ts';
import {
  createCheckoutWorker,
  createFulfilmentWorker,
  createNotificationsWorker,
  createWebhooksWorker,
  type WorkerBase,
  type WorkerHooks,
} from '../workers/workers.ts';
import type { ProcessConfig } from './process-config.ts';
import { observed, type Resources } from './resources.ts';

/** What a proof, to watch and to kill them, and `npm run dev` change about the workers; nothing in production. */
export interface WorkerChanges {
  readonly workflowBundle?: WorkflowBundleOption;
  worker?(client: Client): WorkerHooks;
}

/** How long a request to the carrier may take. A label takes some seconds. Milliseconds. */
const CARRIER_TIMEOUT_MS = 20_000;

/** The workers of the roles `checkout`, `fulfilment` and `notifications`. Each is ready to run and does not run yet. */
export async function createWorkers(
  resources: Resources,
  config: ProcessConfig,
  logger: Logger,
  changes: WorkerChanges,
): Promise<Worker[]> {
  const { temporal: connection, client, mailer, webhookSender: sender, stores, tracing } = resources;
  const untraced: WorkerBase = {
    connection,
    namespace: config.temporal.namespace,
    ...changes.worker?.(client),
  };
  const base: WorkerBase = { ...untraced, ...withHooks(untraced, tracing?.workerHooks) };
  const bundled = (): Promise<WorkflowBundleOption> => workflowBundle({ traced: tracing !== undefined });
  const workers: Worker[] = [];
  if (config.roles.includes('checkout')) {
    const bundle = changes.workflowBundle ?? (await bundled());
    workers.push(await createCheckoutWorker(base, bundle, checkoutAdapters(resources, config)));
    await ensureAuditSchedule(client, config.auditSchedule, logger);
  }
  if (config.roles.includes('fulfilment')) {
    const bundle = changes.workflowBundle ?? (await bundled());
    workers.push(await createFulfilmentWorker(base, bundle, fulfilmentAdapters(resources, config)));
  }
  if (config.roles.includes('notifications')) {
    const { deliveries, endpoints } = stores;
    workers.push(
      await createNotificationsWorker(base, notificationParts(resources, config)),
      // A delivery is traced by its request, in the trace of its order. Its activity belongs to no trace.
      await createWebhooksWorker(
        untraced,
        createWebhookActivities({ endpoints, deliveries, sender, mailer }),
      ),
    );
  }
  return workers;
}

/** The hooks of a proof and those of traces together. */
const withHooks = (one: WorkerHooks, other: WorkerHooks | undefined): WorkerHooks =>
  other
    ? {
        interceptors: {
          ...one.interceptors,
          activity: [...(one.interceptors?.activity ?? []), ...(other.interceptors?.activity ?? [])],
        },
        sinks: { ...one.sinks, ...other.sinks },
      }
    : {};

const notificationParts = (
  { stores, mailer, background }: Resources,
  { shop, mail }: ProcessConfig,
): NotificationParts => ({
  mails: stores.mailLog,
  mailer,
  inBackground: (work) => {
    background.add(work);
  },
  style: { shop, replyTo: mail.replyTo },
});

const carrierOf = ({ telemetry, tracing }: Resources, { easypost }: ProcessConfig): Carrier =>
  observed(
    createCarrier(
      createEasyPostClient({ ...easypost, timeoutMs: CARRIER_TIMEOUT_MS, observe: tracing?.httpCalls }),
    ),
    telemetry?.carrier,
  );

function checkoutAdapters(resources: Resources, config: ProcessConfig) {
  const { client, pool, stores, telemetry, tracing } = resources;
  const { mails, mailer, style: mailStyle, inBackground } = notificationParts(resources, config);
  const stripe = createStripeClient({ ...config.stripe, observe: tracing?.httpCalls });
  return {
    ledger: batchedLedger(createOrderLedger(pool), {
      observe: telemetry?.batches,
      trace: tracing?.sharedTrace,
    }),
    provider: observed(observed(createPaymentProvider(stripe), telemetry?.provider), tracing?.provider),
    mails,
    mailer,
    mailStyle,
    ...(inBackground && { inBackground }),
    audit: {
      pool,
      log: stores.auditLog,
      provider: createProviderRecords(stripe),
      ...(config.fulfilment.mode === 'carrier' && { labels: carrierOf(resources, config) }),
      workflows: createWorkflowLister(client),
      windowMs: config.auditWindowMs,
    },
  };
}

const fulfilmentAdapters = (resources: Resources, config: ProcessConfig) => ({
  ledger: createOrderLedger(resources.pool),
  shipments: resources.stores.shipments,
  returns: resources.stores.returns,
  placeOrder: placeOrderWith(resources),
  carrier: carrierOf(resources, config),
  notifications: notificationParts(resources, config),
  policy: config.fulfilment,
});

/** Places orders as the API does. The order module is opened with the first of them. */
const placeOrderWith =
  (resources: Resources): FulfilmentAdapters['placeOrder'] =>
  async (order) => {
    const { orders } = await resources.createOrderModule();
    const placed = await orders.place({ ...order, waitMs: 0 });
    return placed.order.orderId;
  };
