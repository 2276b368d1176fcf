import { randomUUID } from 'node:crypto';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { orderOf } from '../../harness/load/order-mix.ts';
import type { System } from '../system/system.ts';
import { orderOfRequest } from '../variants/lib/steps.ts';

/** A database with orders whose events the relay publishes. */
export interface RelayDatabase {
  readonly url: string;
  /** Reserves so many new orders in one statement and returns their ids. Each has two events. */
  placeOrders(count: number): Promise<string[]>;
  countEvents(): Promise<number>;
  close(): Promise<void>;
}

const SKU = 'relayed';

export async function openRelayDatabase(system: System, name: string): Promise<RelayDatabase> {
  const url = await system.createDatabase(name);
  await migrate(url);
  const pool = createPool({ url, max: 2 });
  await createStockCatalogue(pool).put(SKU, {
    title: 'Item',
    unitPrice: 1_000,
    currency: 'EUR',
    onHand: 1_000_000,
  });
  const ledger = createOrderLedger(pool);
  return {
    url,
    async placeOrders(count) {
      const mix = { skus: [SKU], methods: ['pm_card_visa'], quantity: 1, currency: 'EUR' };
      const orders = Array.from({ length: count }, (_, index) =>
        orderOfRequest('relay', orderOf(mix, index), randomUUID()),
      );
      await ledger.reserveStock(orders);
      return orders.map(({ orderId }) => orderId);
    },
    async countEvents() {
      const { rows } = await pool.query<{ n: number }>('select count(*)::int8 as n from order_events');
      return rows[0]?.n ?? 0;
    },
    close: () => pool.end(),
  };
}
