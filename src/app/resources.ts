import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { hasBrokers } from '../adapters/brokers/brokers.ts';
import { createAuditLog, type AuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { createBatchStore, type BatchStore } from '../adapters/postgres/batch-store.ts';
import { createBoardSessions, type BoardSessions } from '../adapters/postgres/board-sessions.ts';
import { createBrakeStore, type BrakeStore } from '../adapters/postgres/brake-store.ts';
import { openBrakes, type BrakeWatch } from '../adapters/postgres/brake-watch.ts';
import { createDisputeStore, type DisputeStore } from '../adapters/postgres/dispute-store.ts';
import { createDeadLetterStore, type DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import { openEventFeed, type EventFeed } from '../adapters/postgres/event-feed.ts';
import { createLocations, type Locations } from '../adapters/postgres/locations.ts';
import { createMailLog, type MailLog } from '../adapters/postgres/mail-log.ts';
import { createOperatorLog, type OperatorLog } from '../adapters/postgres/operator-log.ts';
import { createOrderLedger } from '../adapters/postgres/order-ledger.ts';
import { createOrderCarriers } from '../adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../adapters/postgres/order-claims.ts';
import { createExportOrders, type ExportOrders } from '../adapters/postgres/order-export.ts';
import { createOrderReader, type OrderReader } from '../adapters/postgres/order-reader.ts';
import { createPool, type Pool } from '../adapters/postgres/pool.ts';
import { createQueueReader, type QueueReader } from '../adapters/postgres/queue-reader.ts';
import { createReturnStore, type ReturnStore } from '../adapters/postgres/return-store.ts';
import { createDeleteExpired, type DeleteExpired } from '../adapters/postgres/retention.ts';
import { createShipmentStore, type ShipmentStore } from '../adapters/postgres/shipment-store.ts';
import { createSavedViews, type SavedViews } from '../adapters/postgres/saved-views.ts';
import {
  createSignInAttempts,
  SIGN_IN_LIMIT,
  type SignInAttempts,
} from '../adapters/postgres/sign-in-attempts.ts';
import { createStatsReader, type StatsReader } from '../adapters/postgres/stats-reader.ts';
import { createStatsSeries, type StatsSeries } from '../adapters/postgres/stats-series.ts';
import { createStockAlerts, type StockAlerts } from '../adapters/postgres/stock-alerts.ts';
import { createStockMovements, type StockMovements } from '../adapters/postgres/stock-movements.ts';
import { createStockCatalogue, type StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { createStockCounts } from '../adapters/postgres/stock-counts.ts';
import {
  createStockSubscriptions,
  type StockSubscriptions,
} from '../adapters/postgres/stock-subscriptions.ts';
import { createWebhookDeliveries, type WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints, type WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { createMailer } from '../adapters/smtp/mailer.ts';
import { createWebhookSender, type WebhookSender } from '../adapters/webhooks/sender.ts';
import { chargeRules } from '../adapters/stripe/amounts.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import { createEarlyCancellations } from '../intake/early-cancellation.ts';
import { createReturnClient, type ReturnClient } from '../returns/return-client.ts';
import { createReturnService, type ReturnService } from '../returns/return-service.ts';
import { createFulfilmentClient, type FulfilmentClient } from '../fulfilment/fulfilment-client.ts';
import { createOrderService, type OrderService } from '../orders/order-service.ts';
import type { Logger } from '../platform/logging.ts';
import { connectTemporal, ensureSearchAttributes } from '../platform/temporal.ts';
import { createStockSync, type StockSync } from '../stock/stock-sync.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { createBackgroundWork, type BackgroundWork } from './background-work.ts';
import type { ProcessConfig } from './process-config.ts';

/** What a process opens, each thing once. Its workers, intake, relay and API all work on these. */
export interface Resources {
  readonly temporal: NativeConnection;
  /** Uses the connection of the workers: then a worker of this process runs the first task of an order at once. */
  readonly client: Client;
  /** Every query of the process but those of the event feed and of the relay's leases. */
  readonly pool: Pool;
  readonly stores: Stores;
  /** What operators have paused. It has a connection of its own. */
  readonly brakes: BrakeWatch;
  /** Applies stock reports, by HTTP and by message. */
  readonly stockSync: StockSync;
  readonly fulfilments: FulfilmentClient;
  readonly returns: ReturnClient;
  readonly mailer: Mailer;
  readonly webhookSender: WebhookSender;
  /** Work that goes on after its activity is over. */
  readonly background: BackgroundWork;
  /** Measures what the process does. Undefined: nothing is measured. */
  readonly telemetry: Telemetry | undefined;
  /** Undefined: there are no traces. */
  readonly tracing: Tracing | undefined;
  /**
   * The same service at each call, so that orders by HTTP and by message share one batcher and its limits. The first call
   * opens the event feed, and rejects if PostgreSQL cannot be reached.
   */
  createOrderModule(): Promise<OrderAccess>;
  /** Closes every connection. Call it when nothing uses them any more. */
  close(): Promise<void>;
}

export interface OrderAccess {
  readonly orders: OrderService;
  /** Holds the one LISTEN connection of the process. */
  readonly feed: EventFeed;
  readonly returns: ReturnService;
}

/** What PostgreSQL keeps, by topic. They share the pool of the process. */
export interface Stores {
  readonly auditLog: AuditLog;
  readonly batches: BatchStore;
  readonly boardSessions: BoardSessions;
  readonly brakes: BrakeStore;
  readonly catalogue: StockCatalogue;
  readonly deadLetters: DeadLetterStore;
  readonly deleteExpired: DeleteExpired;
  readonly deliveries: WebhookDeliveries;
  readonly disputes: DisputeStore;
  readonly endpoints: WebhookEndpoints;
  readonly locations: Locations;
  readonly mailLog: MailLog;
  readonly operatorLog: OperatorLog;
  readonly exportOrders: ExportOrders;
  readonly queues: QueueReader;
  readonly reader: OrderReader;
  readonly returns: ReturnStore;
  readonly savedViews: SavedViews;
  readonly shipments: ShipmentStore;
  readonly signInAttempts: SignInAttempts;
  readonly stats: StatsReader;
  readonly statsSeries: StatsSeries;
  readonly stockAlerts: StockAlerts;
  readonly stockMovements: StockMovements;
  readonly stockSubscriptions: StockSubscriptions;
}

export interface Observers {
  readonly telemetry?: Telemetry | undefined;
  readonly tracing?: Tracing | undefined;
}

/** Opens what every role needs. Rejects if Temporal or PostgreSQL cannot be reached. */
export async function openResources(
  config: ProcessConfig,
  logger: Logger,
  { telemetry, tracing }: Observers = {},
): Promise<Resources> {
  const { namespace } = config.temporal;
  const temporal = await connectTemporal(config.temporal);
  await ensureSearchAttributes(temporal, namespace, logger);
  const client = new Client({
    connection: temporal,
    namespace,
    ...(tracing && { interceptors: tracing.clientInterceptors }),
  });
  const pool = createPool({ url: config.databaseUrl, max: config.databasePoolSize, logger });
  tracing?.pool(pool, config.databaseUrl);
  const stores = createStores(pool, telemetry, tracing);
  const opened = await openBrakes(config.databaseUrl, logger);
  const brakes = telemetry ? telemetry.brakes(opened) : opened;
  telemetry?.pool('postgres', pool);
  telemetry?.database(stores.stats);
  const counted = observed(createMailer(config.mail), telemetry?.mailer);
  const mailer = tracing?.mailer(counted, config.mail.smtpUrl) ?? counted;
  const webhookSender = observed(createWebhookSender(config.webhooks), tracing?.webhookSender);
  const background = createBackgroundWork();
  const fulfilments = createFulfilmentClient(client);
  const returns = createReturnClient(client);
  let access: Promise<OrderAccess> | undefined;

  async function openAccess(): Promise<OrderAccess> {
    const feed = await openEventFeed(config.databaseUrl, logger);
    const orders = createOrderService({
      client,
      reader: stores.reader,
      claims: createOrderClaims(pool, tracing?.sharedTrace),
      carriers: createOrderCarriers(pool),
      ledger: createOrderLedger(pool),
      catalogue: stores.catalogue,
      chargeRules,
      brakes,
      feed,
      batching: config.batching,
      policy: config.policy,
      logger,
      ...(telemetry && { batchObserver: telemetry.batches('orders') }),
      ...(tracing && { tracing }),
      ...(hasBrokers(config.brokers) && {
        earlyCancellation: createEarlyCancellations(stores.deadLetters, {
          clientId: config.intake.clientId,
          bodyLimitBytes: config.http.bodyLimitBytes,
        }),
      }),
    });
    const returnService = createReturnService({
      store: stores.returns,
      returns,
      catalogue: stores.catalogue,
      chargeRules,
      policy: config.fulfilment,
      findOrder: (clientId, orderId) => orders.find(clientId, orderId),
      logger,
    });
    return { orders, feed, returns: returnService };
  }

  return {
    temporal,
    client,
    pool,
    stores,
    brakes,
    stockSync: createStockSync({
      counts: createStockCounts(pool),
      onShortChanged: (orderId) => fulfilments.changed(orderId),
      logger,
    }),
    fulfilments,
    returns,
    mailer,
    webhookSender,
    background,
    telemetry,
    tracing,
    createOrderModule: () => (access ??= openAccess()),
    async close() {
      mailer.close();
      webhookSender.close();
      const closeFeed = access?.then(({ feed }) => feed.close());
      await Promise.all([closeFeed, brakes.close(), temporal.close(), pool.end()]);
    },
  };
}

const createStores = (
  pool: Pool,
  telemetry: Telemetry | undefined,
  tracing: Tracing | undefined,
): Stores => ({
  auditLog: createAuditLog(pool),
  batches: observed(createBatchStore(pool), telemetry?.batchResults),
  boardSessions: createBoardSessions(pool),
  brakes: createBrakeStore(pool),
  catalogue: createStockCatalogue(pool, tracing?.sharedTrace),
  deadLetters: createDeadLetterStore(pool, tracing?.sharedTrace),
  deleteExpired: createDeleteExpired(pool),
  deliveries: observed(createWebhookDeliveries(pool), telemetry?.deliveries),
  disputes: createDisputeStore(pool),
  endpoints: createWebhookEndpoints(pool),
  locations: createLocations(pool),
  mailLog: observed(createMailLog(pool), telemetry?.mailLog),
  operatorLog: createOperatorLog(pool),
  exportOrders: createExportOrders(pool),
  savedViews: createSavedViews(pool),
  signInAttempts: createSignInAttempts(pool, SIGN_IN_LIMIT),
  statsSeries: createStatsSeries(pool),
  queues: createQueueReader(pool),
  reader: createOrderReader(pool, tracing?.sharedTrace),
  returns: createReturnStore(pool),
  shipments: createShipmentStore(pool),
  stats: createStatsReader(pool),
  stockAlerts: createStockAlerts(pool),
  stockMovements: createStockMovements(pool),
  stockSubscriptions: createStockSubscriptions(pool),
});

/** What the process uses: the thing itself, or the thing with its metrics. */
export const observed = <T>(thing: T, observe: ((thing: T) => T) | undefined): T => observe?.(thing) ?? thing;
