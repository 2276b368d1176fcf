import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import type { BoardSessions } from '../adapters/postgres/board-sessions.ts';
import type { DisputeStore } from '../adapters/postgres/dispute-store.ts';
import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { Locations } from '../adapters/postgres/locations.ts';
import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { OperatorLog } from '../adapters/postgres/operator-log.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { QueueReader } from '../adapters/postgres/queue-reader.ts';
import type { StatsReader } from '../adapters/postgres/stats-reader.ts';
import type { StockAlerts } from '../adapters/postgres/stock-alerts.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { AnsweredRequest } from '../contracts/ports/answered-request.ts';
import type { TraceRequest } from '../contracts/ports/tracing.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import type { StockSubscriptions } from '../adapters/postgres/stock-subscriptions.ts';
import type { DeadLetterService } from '../intake/dead-letter-service.ts';
import type { FulfilmentService } from '../fulfilment/fulfilment-service.ts';
import type { AuditClient } from '../orders/temporal/audit-client.ts';
import type { OrderService } from '../orders/order-service.ts';
import type { Config } from '../platform/config.ts';
import { VERSION } from '../platform/version.ts';
import type { StockSync } from '../stock/stock-sync.ts';
import type { ReturnService } from '../returns/return-service.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import type { ApiKeys } from './lib/api-keys.ts';
import { createBoardAccess } from './lib/board-access.ts';
import { createBoardFiles } from './lib/board-files.ts';
import { sharedRead } from './lib/shared-read.ts';
import { answerBadConnection, answerBadUrl } from './bad-requests.ts';
import { addOpenApi } from './plugins/openapi.ts';
import { addAuthentication } from './plugins/authentication.ts';
import { addCors } from './plugins/cors.ts';
import { addClosing } from './plugins/closing.ts';
import { addErrors } from './plugins/errors.ts';
import { addJsonBody } from './plugins/json-body.ts';
import { addMasking } from './plugins/masking.ts';
import { addProtection } from './plugins/protection.ts';
import { addRateLimit } from './plugins/rate-limit.ts';
import { addRequestLog } from './plugins/request-log.ts';
import { addRequestTracing } from './plugins/request-tracing.ts';
import { addRequestObserver } from './plugins/request-observer.ts';
import { addUnknownRoutes } from './plugins/unknown-routes.ts';
import { addValidation } from './plugins/validation.ts';
import { auditRoutes } from './routes/audits.ts';
import { boardFileRoutes } from './routes/board-files.ts';
import { boardSessionRoutes } from './routes/board-session.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { disputeRoutes } from './routes/disputes.ts';
import { healthRoutes, type HealthChecks, type HealthNotices } from './routes/health.ts';
import { liveRoutes } from './routes/live.ts';
import { locationRoutes } from './routes/locations.ts';
import { mailRoutes, type MailRoutesParts } from './routes/mails.ts';
import { operatorLogRoutes } from './routes/operator-log.ts';
import { orderEventRoutes } from './routes/order-events.ts';
import { orderOperationRoutes } from './routes/order-operations.ts';
import { orderRoutes } from './routes/orders.ts';
import { queueRoutes } from './routes/queues.ts';
import { returnRoutes } from './routes/returns.ts';
import { shipmentRoutes } from './routes/shipments.ts';
import { startRoutes } from './routes/start.ts';
import { statsRoutes, type WorkflowTasks } from './routes/stats.ts';
import { stockAlertRoutes } from './routes/stock-alerts.ts';
import { stockSubscriptionRoutes } from './routes/stock-subscriptions.ts';
import { stockRoutes } from './routes/stock.ts';
import { stockSyncRoutes } from './routes/stock-sync.ts';
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { easypostWebhookRoutes } from './routes/webhooks-easypost.ts';
import { stripeWebhookRoutes } from './routes/webhooks-stripe.ts';
import type { Api } from './lib/types.ts';

export interface AppParts {
  orders: OrderService;
  fulfilment: FulfilmentService;
  reader: OrderReader;
  catalogue: StockCatalogue;
  chargeRules: ChargeRules;
  stockSync: StockSync;
  locations: Locations;
  stockAlerts: StockAlerts;
  stockSubscriptions: StockSubscriptions;
  mailLog: MailLog;
  resendMails: MailRoutesParts['resendMails'];
  stats: StatsReader;
  /** How many tasks of workflows fail. */
  workflowTasks: () => Promise<WorkflowTasks>;
  audits: AuditClient;
  deadLetters: DeadLetterService;
  disputes: DisputeStore;
  returns: ReturnService;
  webhooks: WebhookService;
  feed: EventFeed;
  apiKeys: ApiKeys;
  boardSessions: BoardSessions;
  operatorLog: OperatorLog;
  queues: QueueReader;
  /** The folder with the built board, an absolute path. It need not exist. */
  boardFolder: string;
  /** The address of the API for browsers, where a proxy changes the Host of requests. */
  publicUrl?: string | undefined;
  healthChecks: HealthChecks;
  healthNotices?: HealthNotices;
  http: Pick<Config['http'], 'rateLimitPerMinute' | 'bodyLimitBytes' | 'corsOrigins'>;
  /** How far the event loop may lag behind before requests are refused, in milliseconds; default 1500. */
  maxEventLoopDelayMs?: number;
  /** Undefined: events of Stripe are answered 503, so that Stripe sends them again. */
  stripeWebhookSecret?: string | undefined;
  /** Undefined: events of EasyPost are answered 503, so that EasyPost sends them again. */
  easypostWebhookSecret?: string | undefined;
  /** The name of the shop, as customers know it. */
  shopName: string;
  /** The URL of the sandbox, if there is one: it has the text of the mails that it received. */
  sandboxUrl?: string | undefined;
  /** Hears of each answer, for the metrics. */
  onRequest?: (request: AnsweredRequest) => void;
  /** Absent: there are no traces. */
  traceRequest?: TraceRequest;
  logger: FastifyBaseLogger;
}

/** How long a client may take to send its request. Milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** For so long a result of the queues is used again: a little less than a second, so that the stream reads anew each second. Milliseconds. */
const QUEUES_FRESH_MS = 900;

/** The longest id is that of a delivery of an event of stock: it has the ids of the endpoint, the item and the location. Characters. */
const MAX_PARAMETER_LENGTH = 200;

/** The HTTP interface. It does not listen yet: the caller does that, and closes it; tests use `inject`. */
export async function buildApp(parts: AppParts): Promise<Api> {
  const { orders, fulfilment, reader, mailLog, stats, feed, http, workflowTasks, publicUrl } = parts;
  const access = createBoardAccess(parts.boardSessions, parts.apiKeys);
  const boardFiles = createBoardFiles(parts.boardFolder);
  const readQueues = sharedRead(() => parts.queues.read(), QUEUES_FRESH_MS);
  const app: Api = Fastify({
    loggerInstance: parts.logger,
    // `addRequestLog` writes one line for each request, at level debug. A child logger for each request would cost too much.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    bodyLimit: http.bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    return503OnClosing: true,
    trustProxy: false,
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerBadConnection,
  }).withTypeProvider<TypeBoxTypeProvider>();

  if (parts.traceRequest) addRequestTracing(app, parts.traceRequest);
  addErrors(app);
  await addCors(app, http.corsOrigins);
  addClosing(app);
  addUnknownRoutes(app);
  addRequestLog(app);
  if (parts.onRequest) addRequestObserver(app, parts.onRequest);
  await app.register(cookie);
  addAuthentication(app, { keys: parts.apiKeys, access, publicUrl });
  addMasking(app);
  addJsonBody(app);
  addValidation(app);
  // The views are built field by field, so that a serializer has nothing to filter; JSON.stringify drops and refuses nothing.
  app.setSerializerCompiler(() => JSON.stringify);
  await addProtection(app, parts.maxEventLoopDelayMs);
  await addRateLimit(app, http.rateLimitPerMinute);
  await addOpenApi(app, VERSION);

  orderRoutes(app, { orders, reader });
  orderOperationRoutes(app, orders);
  shipmentRoutes(app, fulfilment);
  orderEventRoutes(app, { orders, reader, feed });
  returnRoutes(app, parts.returns);
  disputeRoutes(app, parts.disputes);
  stockAlertRoutes(app, parts.stockAlerts);
  stockRoutes(app, parts);
  await stockSubscriptionRoutes(app, {
    subscriptions: parts.stockSubscriptions,
    shopName: parts.shopName,
  });
  await stockSyncRoutes(app, parts.stockSync);
  locationRoutes(app, parts.locations);
  mailRoutes(app, { mailLog, sandboxUrl: parts.sandboxUrl, resendMails: parts.resendMails });
  statsRoutes(app, { stats, orders, workflowTasks });
  queueRoutes(app, readQueues);
  liveRoutes(app, { stats, orders, workflowTasks, reader, readQueues, access });
  operatorLogRoutes(app, parts.operatorLog, orders);
  auditRoutes(app, parts.audits);
  deadLetterRoutes(app, parts.deadLetters);
  webhookEndpointRoutes(app, parts.webhooks);
  webhookDeliveryRoutes(app, parts.webhooks);
  await stripeWebhookRoutes(app, { orders, secret: parts.stripeWebhookSecret });
  await easypostWebhookRoutes(app, { fulfilment, secret: parts.easypostWebhookSecret });
  healthRoutes(app, parts.healthChecks, parts.healthNotices);
  boardSessionRoutes(app, access, publicUrl);
  await boardFileRoutes(app, boardFiles);
  startRoutes(app, boardFiles);
  return app;
}
