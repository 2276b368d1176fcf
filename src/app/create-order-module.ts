import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { openEventFeed, type EventFeed } from '../adapters/postgres/event-feed.ts';
import { createOrderClaims } from '../adapters/postgres/order-claims.ts';
import { createOrderReader, type OrderReader } from '../adapters/postgres/order-reader.ts';
import { createPool, type Pool } from '../adapters/postgres/pool.ts';
import { createStockCatalogue, type StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { CheckoutPolicy } from '../contracts/temporal/checkout.ts';
import type { BatchingPolicy } from '../contracts/batching-policy.ts';
import { createOrderService, type OrderService } from '../orders/order-service.ts';

export interface OrderModuleOptions {
  databaseUrl: string;
  /** Made from the worker's NativeConnection where a worker runs in this process, so that orders start eagerly. */
  temporalClient: Client;
  batching: BatchingPolicy;
  policy: CheckoutPolicy;
  logger: Logger;
}

/** What can be done with orders, with everything that stands behind it but Temporal. */
export interface OrderModule {
  orders: OrderService;
  reader: OrderReader;
  catalogue: StockCatalogue;
  feed: EventFeed;
  pool: Pool;
  /** Lets go of PostgreSQL. */
  close(): Promise<void>;
}

/** For each way in, HTTP and messages, one of its own. Rejects if PostgreSQL cannot be reached. */
export async function createOrderModule(options: OrderModuleOptions): Promise<OrderModule> {
  const { databaseUrl: url, temporalClient: client, batching, policy, logger } = options;
  const pool = createPool({ url, logger });
  const feed = await openEventFeed(url, logger).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const reader = createOrderReader(pool);
  const catalogue = createStockCatalogue(pool);
  const claims = createOrderClaims(pool);
  return {
    orders: createOrderService({ client, reader, claims, catalogue, feed, batching, policy, logger }),
    reader,
    catalogue,
    feed,
    pool,
    async close() {
      await feed.close();
      await pool.end();
    },
  };
}
