import type { Client } from '@temporalio/client';
import { createAuditLog } from '../../../src/adapters/postgres/audit/audit-log.ts';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import { createLocations } from '../../../src/adapters/postgres/locations.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';
import { createStatsReader } from '../../../src/adapters/postgres/stats-reader.ts';
import { createStockAlerts } from '../../../src/adapters/postgres/stock-alerts.ts';
import type { StockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import { createStockSubscriptions } from '../../../src/adapters/postgres/stock-subscriptions.ts';
import { createWebhookDeliveries } from '../../../src/adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../../../src/adapters/postgres/webhook-endpoints.ts';
import type { AppParts } from '../../../src/api/app.ts';
import { DEVELOPMENT_CLIENT } from '../../../src/api/lib/api-keys.ts';
import { createDeadLetterService } from '../../../src/intake/dead-letter-service.ts';
import { createAuditClient } from '../../../src/orders/temporal/audit-client.ts';
import type { OrderService } from '../../../src/orders/order-service.ts';
import { createWebhookService } from '../../../src/webhooks/webhook-service.ts';

/** What the parts below work on. */
interface Foundation {
  readonly pool: Pool;
  readonly client: Client;
  readonly orders: OrderService;
  readonly catalogue: StockCatalogue;
  /** Of the audits; by default that of the product. */
  readonly taskQueue?: string;
}

type SharedParts = Pick<
  AppParts,
  | 'orders'
  | 'catalogue'
  | 'locations'
  | 'stockAlerts'
  | 'stockSubscriptions'
  | 'shopName'
  | 'mailLog'
  | 'stats'
  | 'audits'
  | 'deadLetters'
  | 'webhooks'
  | 'http'
>;

/** The parts of an API that all tests make in the same way. */
export function appParts({ pool, client, orders, catalogue, taskQueue }: Foundation): SharedParts {
  const bodyLimitBytes = 65_536;
  return {
    orders,
    catalogue,
    locations: createLocations(pool),
    stockAlerts: createStockAlerts(pool),
    stockSubscriptions: createStockSubscriptions(pool),
    shopName: 'Shop',
    mailLog: createMailLog(pool),
    stats: createStatsReader(pool),
    audits: createAuditClient(client, createAuditLog(pool), taskQueue),
    deadLetters: createDeadLetterService({
      store: createDeadLetterStore(pool),
      orders,
      catalogue,
      clientId: DEVELOPMENT_CLIENT,
      bodyLimitBytes,
    }),
    webhooks: createWebhookService({
      endpoints: createWebhookEndpoints(pool),
      deliveries: createWebhookDeliveries(pool),
      allowPrivate: true,
    }),
    http: { rateLimitPerMinute: 1_000_000, bodyLimitBytes },
  };
}
