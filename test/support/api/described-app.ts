import { Client, Connection } from '@temporalio/client';
import { chargeRules } from '../../../src/adapters/stripe/amounts.ts';
import type { EventFeed } from '../../../src/adapters/postgres/event-feed.ts';
import { createOrderLedger } from '../../../src/adapters/postgres/order-ledger.ts';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { createOrderReader } from '../../../src/adapters/postgres/order-reader.ts';
import { createPool } from '../../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import { buildApp } from '../../../src/api/app.ts';
import { developmentKey } from '../../../src/api/lib/api-keys.ts';
import type { Api } from '../../../src/api/lib/types.ts';
import { createOrderService } from '../../../src/orders/order-service.ts';
import { testLogger as logger } from '../../../harness/servers/test-servers.ts';
import { appParts } from './app-parts.ts';

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
    carriers: createOrderCarriers(pool),
    ledger: createOrderLedger(pool),
    catalogue,
    chargeRules,
    feed,
    batching: { mode: 'off', maxSize: 1, maxConcurrentBatches: 1, maxQueued: 1 },
    policy: { paymentDeadlineMs: 1_000 },
    logger,
  });
  const app = await buildApp({
    ...appParts({ pool, client, orders, catalogue, logger }),
    reader,
    feed,
    apiKeys: developmentKey('unused'),
    refreshBrakes: () => Promise.resolve(),
    healthChecks: {},
    logger,
  });
  app.addHook('onClose', () => pool.end());
  return app;
}
