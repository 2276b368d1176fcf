import { createOrderLedger, type OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createOrderReader, type OrderReader } from '../../src/adapters/postgres/order-reader.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue, type StockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';

/** A database for one test file, with the adapters that read and change it. */
export interface Shop {
  url: string;
  pool: Pool;
  ledger: OrderLedger;
  reader: OrderReader;
  catalogue: StockCatalogue;
  /** Creates an item under a new SKU and returns the SKU. `unitPrice` is in minor units. */
  item(onHand: number, unitPrice?: number, currency?: string): Promise<string>;
  /** Returns how many pieces can be sold, are held for unpaid orders, and were sold. */
  stock(sku: string): Promise<{ available: number; held: number; sold: number }>;
  close(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  return connected(await (await testPostgres()).createDatabase());
}

let items = 0;

/** The adapters of a database that exists. */
export function connected(url: string): Shop {
  const pool = createPool({ url });
  const catalogue = createStockCatalogue(pool);
  return {
    url,
    pool,
    catalogue,
    ledger: createOrderLedger(pool),
    reader: createOrderReader(pool),
    async item(onHand, unitPrice = 1_000, currency = 'EUR') {
      const sku = `test-${String(++items)}`;
      await catalogue.put(sku, { title: `Test item ${items}`, unitPrice, currency, onHand });
      return sku;
    },
    async stock(sku) {
      const item = await catalogue.get(sku);
      if (!item) throw new Error(`no item ${sku}`);
      return { available: item.available, held: item.held, sold: item.sold };
    },
    close: () => pool.end(),
  };
}
