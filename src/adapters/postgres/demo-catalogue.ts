import type { StockItemRequest } from '../../contracts/http/stock.ts';
import { createPool } from './pool.ts';

interface DemoItem extends StockItemRequest {
  sku: string;
}

const item = (sku: string, title: string, unitPrice: number, onHand: number): DemoItem => ({
  sku,
  title,
  unitPrice,
  currency: 'EUR',
  onHand,
});

/** The items of the demo shop: a mug, a print, an item of which there is only one, and a hundred plain items. */
export const DEMO_CATALOGUE: readonly DemoItem[] = [
  item('mug-01', 'Mug', 1_200, 1_000),
  item('print-01', 'Art print', 4_500, 50),
  item('last-one', 'The last one', 9_900, 1),
  ...Array.from({ length: 100 }, (_, index) => {
    const number = String(index + 1).padStart(3, '0');
    return item(`item-${number}`, `Item ${number}`, 1_000, 10_000);
  }),
];

/** Creates the demo items. An item that exists stays as it is. */
export async function seedDemoCatalogue(databaseUrl: string): Promise<void> {
  const pool = createPool({ url: databaseUrl, max: 1 });
  try {
    await pool.query(
      `insert into stock_items (sku, title, unit_price, currency, on_hand, received)
       select i ->> 'sku', i ->> 'title', (i ->> 'unitPrice')::bigint, i ->> 'currency',
              (i ->> 'onHand')::bigint, (i ->> 'onHand')::bigint
         from jsonb_array_elements($1::jsonb) i
       on conflict (sku) do nothing`,
      [JSON.stringify(DEMO_CATALOGUE)],
    );
  } finally {
    await pool.end();
  }
}
