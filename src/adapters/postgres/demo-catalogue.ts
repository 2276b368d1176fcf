import type { Address } from '../../contracts/http/order.ts';
import { createPool } from './pool.ts';
import { putItems, type ItemToPut } from './stock-catalogue.ts';

const item = (
  sku: string,
  title: string,
  unitPrice: number,
  onHand: number,
  weightGrams: number,
): ItemToPut => ({
  sku,
  title,
  unitPrice,
  currency: 'EUR',
  onHand,
  weightGrams,
});

/** The items of the demo shop: a mug, a print, an item of which there is only one, and a hundred plain items. */
export const DEMO_CATALOGUE: readonly ItemToPut[] = [
  item('mug-01', 'Mug', 1_200, 1_000, 350),
  item('print-01', 'Art print', 4_500, 50, 200),
  item('last-one', 'The last one', 9_900, 1, 1_000),
  ...Array.from({ length: 100 }, (_, index) => {
    const number = String(index + 1).padStart(3, '0');
    return item(`item-${number}`, `Item ${number}`, 1_000, 10_000, 500);
  }),
];

/** Where the demo shop sends its parcels from: a label needs it. */
const DEMO_WAREHOUSE: Address = {
  name: 'Demo shop',
  line1: 'Lagerstr. 2',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** Creates the demo items, and gives the default location an address. What exists stays as it is. */
export async function seedDemoCatalogue(databaseUrl: string): Promise<void> {
  const pool = createPool({ url: databaseUrl, max: 1 });
  try {
    const skus = DEMO_CATALOGUE.map(({ sku }) => sku);
    const { rows } = await pool.query<{ sku: string }>('select sku from stock_items where sku = any($1)', [
      skus,
    ]);
    const existing = new Set(rows.map(({ sku }) => sku));
    await putItems(
      pool,
      DEMO_CATALOGUE.filter(({ sku }) => !existing.has(sku)),
    );
    await pool.query(`update locations set address = $1 where location_id = 'default' and address is null`, [
      JSON.stringify(DEMO_WAREHOUSE),
    ]);
  } finally {
    await pool.end();
  }
}
