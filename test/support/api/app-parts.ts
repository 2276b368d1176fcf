import type { Client } from '@temporalio/client';
import { chargeRules } from '../../../src/adapters/stripe/amounts.ts';
import { createAuditLog } from '../../../src/adapters/postgres/audit/audit-log.ts';
import { createBatchStore } from '../../../src/adapters/postgres/batch-store.ts';
import { createBoardSessions } from '../../../src/adapters/postgres/board-sessions.ts';
import { createBrakeStore } from '../../../src/adapters/postgres/brake-store.ts';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import { createDryRun } from '../../../src/adapters/postgres/dry-run.ts';
import { createOrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { createDisputeStore } from '../../../src/adapters/postgres/dispute-store.ts';
import { createLocations } from '../../../src/adapters/postgres/locations.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOrderReader } from '../../../src/adapters/postgres/order-reader.ts';
import { createOperatorLog } from '../../../src/adapters/postgres/operator-log.ts';
import { createExportOrders } from '../../../src/adapters/postgres/order-export.ts';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';
import { createQueueReader } from '../../../src/adapters/postgres/queue-reader.ts';
import { createReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import { createSavedViews } from '../../../src/adapters/postgres/saved-views.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import { createSignInAttempts, SIGN_IN_LIMIT } from '../../../src/adapters/postgres/sign-in-attempts.ts';
import { createStatsReader } from '../../../src/adapters/postgres/stats-reader.ts';
import { createStatsSeries } from '../../../src/adapters/postgres/stats-series.ts';
import { createStockCounts } from '../../../src/adapters/postgres/stock-counts.ts';
import { createStockAlerts } from '../../../src/adapters/postgres/stock-alerts.ts';
import { createStockMovements } from '../../../src/adapters/postgres/stock-movements.ts';
import type { StockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import { createStockSubscriptions } from '../../../src/adapters/postgres/stock-subscriptions.ts';
import { createWebhookDeliveries } from '../../../src/adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../../../src/adapters/postgres/webhook-endpoints.ts';
import type { AppParts } from '../../../src/api/app.ts';
import { DEVELOPMENT_CLIENT } from '../../../src/api/lib/api-keys.ts';
import { createBatchClient } from '../../../src/batches/batch-client.ts';
import { createBatchService } from '../../../src/batches/batch-service.ts';
import { createFulfilmentClient } from '../../../src/fulfilment/fulfilment-client.ts';
import { createFulfilmentService } from '../../../src/fulfilment/fulfilment-service.ts';
import { createCheckServices } from '../../../src/intake/check-command.ts';
import { createDeadLetterService } from '../../../src/intake/dead-letter-service.ts';
import { resendMails } from '../../../src/orders/resend-mails.ts';
import { createOrderRuns } from '../../../src/orders/runs/order-runs.ts';
import { createAuditClient } from '../../../src/orders/temporal/audit-client.ts';
import type { OrderService } from '../../../src/orders/order-service.ts';
import type { Logger } from '../../../src/platform/logging.ts';
import { createStockSync } from '../../../src/stock/stock-sync.ts';
import { createReadSettings } from '../../../src/app/settings.ts';
import { createReturnClient } from '../../../src/returns/return-client.ts';
import { createReturnService } from '../../../src/returns/return-service.ts';
import { createWebhookService } from '../../../src/webhooks/webhook-service.ts';
import { TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';

import { NO_BRAKES, type Brakes } from '../../../src/contracts/ports/brakes.ts';

/** What the parts below work on. */
interface Foundation {
  readonly pool: Pool;
  readonly client: Client;
  readonly orders: OrderService;
  readonly catalogue: StockCatalogue;
  readonly logger: Logger;
  /** Default: nothing is paused. */
  readonly brakes?: Brakes;
  /** Of the audits; by default that of the product. */
  readonly taskQueue?: string;
}

type SharedParts = Pick<
  AppParts,
  | 'orders'
  | 'catalogue'
  | 'chargeRules'
  | 'fulfilment'
  | 'returns'
  | 'disputes'
  | 'locations'
  | 'stockSync'
  | 'stockAlerts'
  | 'stockMovements'
  | 'stockSubscriptions'
  | 'shopName'
  | 'mailLog'
  | 'resendMails'
  | 'stats'
  | 'workflowTasks'
  | 'audits'
  | 'batches'
  | 'deadLetters'
  | 'webhooks'
  | 'http'
  | 'boardSessions'
  | 'brakeStore'
  | 'operatorLog'
  | 'queues'
  | 'exportOrders'
  | 'savedViews'
  | 'signInAttempts'
  | 'statsSeries'
  | 'readSettings'
  | 'boardFolder'
  | 'runs'
  | 'links'
>;

/** The parts of an API that all tests make in the same way. */
export function appParts({
  pool,
  client,
  orders,
  catalogue,
  logger,
  taskQueue,
  brakes = NO_BRAKES,
}: Foundation): SharedParts {
  const bodyLimitBytes = 65_536;
  const mailLog = createMailLog(pool);
  const fulfilments = createFulfilmentClient(client, fulfilmentQueueOf(taskQueue));
  const stockSync = createStockSync({
    counts: createStockCounts(pool),
    onShortChanged: (orderId) => fulfilments.changed(orderId),
    logger,
  });
  const fulfilment = createFulfilmentService({
    shipments: createShipmentStore(pool),
    fulfilments,
    findOrder: orders.find,
    logger,
  });
  const returns = createReturnService({
    store: createReturnStore(pool),
    returns: createReturnClient(client, fulfilmentQueueOf(taskQueue)),
    catalogue,
    chargeRules,
    policy: { mode: 'carrier', tracking: true, service: 'cheapest', returnWindowMs: 1_209_600_000 },
    findOrder: orders.find,
    logger,
  });
  return {
    orders,
    catalogue,
    chargeRules,
    fulfilment,
    returns,
    disputes: createDisputeStore(pool),
    locations: createLocations(pool),
    stockSync,
    stockAlerts: createStockAlerts(pool),
    stockMovements: createStockMovements(pool),
    stockSubscriptions: createStockSubscriptions(pool),
    shopName: 'Shop',
    mailLog,
    resendMails: (asked) => resendMails({ mails: mailLog, client, taskQueue: mailQueueOf(taskQueue) }, asked),
    stats: createStatsReader(pool),
    workflowTasks: () => Promise.resolve({ failed: 0, stuck: 0 }),
    audits: createAuditClient(client, createAuditLog(pool), taskQueue),
    batches: createBatchService({
      store: createBatchStore(pool),
      reader: createOrderReader(pool),
      batches: createBatchClient(client, taskQueue),
    }),
    deadLetters: createDeadLetterService({
      deadLetters: createDeadLetterStore(pool),
      orders,
      catalogue,
      chargeRules,
      stockSync,
      fulfilment,
      returns,
      checkServices: createCheckServices({
        claims: createOrderClaims(pool),
        catalogue,
        chargeRules,
        brakes,
        dryRun: createDryRun(pool),
        findOrder: orders.find,
        returns: createReturnStore(pool),
        clientId: DEVELOPMENT_CLIENT,
        logger,
      }),
      clientId: DEVELOPMENT_CLIENT,
      bodyLimitBytes,
    }),
    webhooks: createWebhookService({
      endpoints: createWebhookEndpoints(pool),
      deliveries: createWebhookDeliveries(pool),
      allowPrivate: true,
    }),
    http: { rateLimitPerMinute: 1_000_000, bodyLimitBytes, corsOrigins: [] },
    boardSessions: createBoardSessions(pool),
    brakeStore: createBrakeStore(pool),
    operatorLog: createOperatorLog(pool),
    queues: createQueueReader(pool),
    exportOrders: createExportOrders(pool),
    savedViews: createSavedViews(pool),
    signInAttempts: createSignInAttempts(pool, SIGN_IN_LIMIT),
    statsSeries: createStatsSeries(pool),
    readSettings: createReadSettings({ pool, client }),
    boardFolder: '/nonexistent',
    runs: createOrderRuns({ client, reader: createOrderReader(pool), findOrder: orders.find }),
    links: { temporal: 'http://temporal.example/{workflowId}/{runId}' },
  };
}

/** A stage with a task queue of its own has no workers: its orders must not be shipped by the workers of another test. */
const fulfilmentQueueOf = (taskQueue: string = TASK_QUEUES.checkout): string =>
  taskQueue === TASK_QUEUES.checkout ? TASK_QUEUES.fulfilment : taskQueue;

/** The task queue of mails where orders have this task queue: one without workers, unless it is that of the product. */
const mailQueueOf = (taskQueue: string = TASK_QUEUES.checkout): string =>
  taskQueue === TASK_QUEUES.checkout ? TASK_QUEUES.notifications : `${taskQueue}-mails`;
