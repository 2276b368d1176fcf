import { DEMO_CATALOGUE } from '../../src/adapters/postgres/demo-catalogue.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';

/** As many items as a shop of medium size has. */
export const THOUSAND_SKUS: readonly string[] = Array.from(
  { length: 1_000 },
  (_, index) => `bench-${String(index + 1).padStart(4, '0')}`,
);

/** More than any run sells. */
const ON_HAND = 1_000_000_000;

/** Sets the stock of the demo catalogue's items, and adds a thousand further items. */
export async function addStock(pool: Pool): Promise<void> {
  const catalogue = createStockCatalogue(pool);
  const demo = DEMO_CATALOGUE.map(({ sku, title, unitPrice, currency }) => ({
    sku,
    title,
    unitPrice,
    currency,
  }));
  const others = THOUSAND_SKUS.map((sku) => ({
    sku,
    title: `Item ${sku}`,
    unitPrice: 1_000,
    currency: 'EUR',
  }));
  for (const { sku, ...item } of [...demo, ...others]) await catalogue.put(sku, { ...item, onHand: ON_HAND });
}
