import { Client, Connection } from '@temporalio/client';
import type { EventFeed } from '../../../src/adapters/postgres/event-feed.ts';
import { createAuditLog } from '../../../src/adapters/postgres/audit/audit-log.ts';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import { createLocations } from '../../../src/adapters/postgres/locations.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { createOrderReader } from '../../../src/adapters/postgres/order-reader.ts';
import { createPool } from '../../../src/adapters/postgres/pool.ts';
import { createReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import { createStatsReader } from '../../../src/adapters/postgres/stats-reader.ts';
import { createStockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import { createWebhookDeliveries } from '../../../src/adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../../../src/adapters/postgres/webhook-endpoints.ts';
import { buildApp } from '../../../src/api/app.ts';
import { DEVELOPMENT_CLIENT, developmentKey } from '../../../src/api/lib/api-keys.ts';
import type { Api } from '../../../src/api/lib/types.ts';
import { createFulfilmentClient } from '../../../src/fulfilment/fulfilment-client.ts';
import { createFulfilmentService } from '../../../src/fulfilment/fulfilment-service.ts';
import { createDeadLetterService } from '../../../src/intake/dead-letter-service.ts';
import { createAuditClient } from '../../../src/orders/temporal/audit-client.ts';
import { createOrderService } from '../../../src/orders/order-service.ts';
import { createReturnClient } from '../../../src/returns/return-client.ts';
import { createReturnService } from '../../../src/returns/return-service.ts';
import { createWebhookService } from '../../../src/webhooks/webhook-service.ts';
import { testLogger as logger } from '../../../harness/servers/test-servers.ts';

/** Never notifies. */
const feed: EventFeed = { subscribe: () => () => undefined, close: () => Promise.resolve() };

/** The API without any server: it can describe itself (`/openapi.json`), and answers nothing that needs PostgreSQL or Temporal. */
export async function buildDescribedApp(): Promise<Api> {
  const pool = createPool({ url: 'postgresql://nobody@127.0.0.1:1/none' });
  const client = new Client({ connection: Connection.lazy() });
  const reader = createOrderReader(pool);
  const catalogue = createStockCatalogue(pool);
  const orders = createOrderService({
    client,
    reader,
    claims: createOrderClaims(pool),
    catalogue,
    feed,
    batching: { mode: 'off', maxSize: 1, maxConcurrentBatches: 1, maxQueued: 1 },
    policy: { paymentDeadlineMs: 1_000 },
    logger,
  });
  const bodyLimitBytes = 65_536;
  const fulfilment = createFulfilmentService({
    shipments: createShipmentStore(pool),
    fulfilments: createFulfilmentClient(client),
    findOrder: orders.find,
    logger,
  });
  const returns = createReturnService({
    store: createReturnStore(pool),
    returns: createReturnClient(client),
    catalogue,
    policy: { mode: 'carrier', service: 'cheapest', returnWindowMs: 1_209_600_000 },
    findOrder: orders.find,
    logger,
  });
  const app = await buildApp({
    orders,
    returns,
    fulfilment,
    reader,
    catalogue,
    locations: createLocations(pool),
    mailLog: createMailLog(pool),
    stats: createStatsReader(pool),
    audits: createAuditClient(client, createAuditLog(pool)),
    deadLetters: createDeadLetterService({
      store: createDeadLetterStore(pool),
      orders,
      returns,
      catalogue,
      fulfilment,
      clientId: DEVELOPMENT_CLIENT,
      bodyLimitBytes,
    }),
    webhooks: createWebhookService({
      endpoints: createWebhookEndpoints(pool),
      deliveries: createWebhookDeliveries(pool),
      allowPrivate: false,
    }),
    feed,
    apiKeys: developmentKey('unused'),
    healthChecks: {},
    http: { rateLimitPerMinute: 1_000_000, bodyLimitBytes },
    logger,
  });
  app.addHook('onClose', () => pool.end());
  return app;
}
