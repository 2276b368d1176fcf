import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { createDryRun } from '../adapters/postgres/dry-run.ts';
import { createOrderClaims } from '../adapters/postgres/order-claims.ts';
import { chargeRules } from '../adapters/stripe/amounts.ts';
import { countStuckWorkflows } from '../adapters/temporal/stuck-workflows.ts';
import { startApi, type RunningApi } from '../api/server.ts';
import type { HealthChecks } from '../api/routes/health.ts';
import type { WorkflowTasks } from '../api/routes/stats.ts';
import { OLD_EVENT_MS, OLD_TRANSACTION_MS } from '../contracts/feed-limits.ts';
import type { StatsView } from '../contracts/http/stats.ts';
import { createBatchClient } from '../batches/batch-client.ts';
import { createBatchService } from '../batches/batch-service.ts';
import { createFulfilmentService } from '../fulfilment/fulfilment-service.ts';
import { createCheckServices } from '../intake/check-command.ts';
import { createDeadLetterService } from '../intake/dead-letter-service.ts';
import { resendMails } from '../orders/resend-mails.ts';
import { createOrderRuns } from '../orders/runs/order-runs.ts';
import { createAuditClient } from '../orders/temporal/audit-client.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logging.ts';
import { packageRoot } from '../platform/package-root.ts';
import { failedWorkflowTasks } from '../platform/temporal.ts';
import { createWebhookService } from '../webhooks/webhook-service.ts';
import type { ProcessConfig } from './process-config.ts';
import type { Resources } from './resources.ts';
import { createReadSettings } from './settings.ts';

/** Where `npm run build` puts the board. */
const BOARD_FOLDER = 'dist/board';
const STRIPE = 'https://api.stripe.com';
/** Milliseconds. */
const HEALTH_DEADLINE_MS = 1_500;

/** Serves HTTP. `undefined`: not a role of this process. Rejects if PostgreSQL cannot be reached or the port is taken. */
export async function openApi(
  resources: Resources,
  { apiKeys, http, intake, links, publicUrl, shop, webhooks, stripe, easypost }: ProcessConfig,
  logger: Logger,
): Promise<RunningApi | undefined> {
  if (!apiKeys) return undefined;
  const { client, fulfilments, pool, stores, stockSync, telemetry, tracing } = resources;
  const {
    auditLog,
    catalogue,
    deadLetters,
    deliveries,
    endpoints,
    locations,
    mailLog,
    reader,
    shipments,
    stats,
  } = stores;
  const { orders, feed, returns } = await resources.createOrderModule();
  const fulfilment = createFulfilmentService({
    shipments,
    fulfilments,
    findOrder: orders.find,
    logger,
  });
  return startApi(
    {
      orders,
      fulfilment,
      reader,
      catalogue,
      chargeRules,
      stockSync,
      locations,
      disputes: stores.disputes,
      stockAlerts: stores.stockAlerts,
      stockMovements: stores.stockMovements,
      stockSubscriptions: stores.stockSubscriptions,
      shopName: shop.name,
      mailLog,
      resendMails: (asked) => resendMails({ mails: mailLog, client }, asked),
      stats,
      workflowTasks: () => workflowTasksOf(client),
      audits: createAuditClient(client, auditLog),
      batches: createBatchService({ store: stores.batches, reader, batches: createBatchClient(client) }),
      deadLetters: createDeadLetterService({
        deadLetters,
        orders,
        returns,
        catalogue,
        chargeRules,
        stockSync,
        fulfilment,
        checkServices: createCheckServices({
          claims: createOrderClaims(pool),
          catalogue,
          chargeRules,
          brakes: resources.brakes,
          dryRun: createDryRun(pool),
          findOrder: orders.find,
          returns: stores.returns,
          clientId: intake.clientId,
          logger,
        }),
        clientId: intake.clientId,
        bodyLimitBytes: http.bodyLimitBytes,
      }),
      returns,
      webhooks: createWebhookService({ endpoints, deliveries, allowPrivate: webhooks.allowPrivate }),
      feed,
      apiKeys,
      boardSessions: stores.boardSessions,
      brakeStore: stores.brakes,
      refreshBrakes: () => resources.brakes.refresh(),
      operatorLog: stores.operatorLog,
      queues: stores.queues,
      exportOrders: stores.exportOrders,
      savedViews: stores.savedViews,
      signInAttempts: stores.signInAttempts,
      statsSeries: stores.statsSeries,
      readSettings: createReadSettings({ pool, client }),
      runs: createOrderRuns({ client, reader, findOrder: orders.find }),
      links,
      boardFolder: join(packageRoot(), BOARD_FOLDER),
      publicUrl,
      healthChecks: { postgres: () => pool.query('select 1'), temporal: namespaceCheck(client) },
      healthNotices: { feed: async () => feedState(await stats.feed()) },
      http,
      stripeWebhookSecret: stripe.webhookSecret,
      easypostWebhookSecret: easypost.webhookSecret,
      sandboxUrl: sandboxOf(stripe),
      ...(telemetry && { onRequest: telemetry.onRequest }),
      ...(tracing && { traceRequest: tracing.requests }),
      logger,
    },
    http,
  );
}

async function workflowTasksOf(client: Client): Promise<WorkflowTasks> {
  const stuck = await countStuckWorkflows(client);
  return { failed: failedWorkflowTasks(), ...(stuck !== undefined && { stuck }) };
}

const namespaceCheck =
  (client: Client): HealthChecks[string] =>
  () =>
    client.withDeadline(Date.now() + HEALTH_DEADLINE_MS, () =>
      client.workflowService.describeNamespace({ namespace: client.options.namespace }),
    );

/** Whether events wait for longer than they should: see docs/guides/operate.md. */
function feedState({ unnumberedMs, transactionMs }: StatsView['feed']): 'ok' | 'late' | 'held_up' {
  if (unnumberedMs > OLD_EVENT_MS) return 'late';
  return transactionMs > OLD_TRANSACTION_MS ? 'held_up' : 'ok';
}

/** A payment provider that is not Stripe is the sandbox, which shows the mails that it received too. */
const sandboxOf = ({ apiBase }: Config['stripe']): string | undefined =>
  apiBase === STRIPE ? undefined : apiBase;
