import type { StockItem, StockItemRequest } from '../../contracts/http/stock.ts';
import { batchedRead } from './batched-read.ts';
import type { Pool } from './pool.ts';

export interface StockCatalogue {
  /** Returns the items of these SKUs that exist, in no particular order. */
  find(skus: string[]): Promise<StockItem[]>;
  /** Returns the items by SKU, those after `afterSku`. */
  list(limit: number, afterSku?: string): Promise<StockItem[]>;
  /**
   * Creates the item, or overwrites it. `onHand` is the quantity that can be sold from now on, without what orders hold. Safe to repeat.
   * `applied` is false if the stored item has the same sequence or a newer one.
   */
  put(sku: string, item: StockItemRequest): Promise<{ item: StockItem; applied: boolean }>;
}

interface ItemRow {
  sku: string;
  title: string;
  unit_price: number;
  currency: string;
  on_hand: number;
  held: number;
  sold: number;
  low_at: number | null;
  sequence: number | null;
}

const COLUMNS = 'sku, title, unit_price, currency, on_hand, held, sold, low_at, sequence';

export function createStockCatalogue(pool: Pool): StockCatalogue {
  async function findAll(requests: string[][]): Promise<StockItem[][]> {
    const { rows } = await pool.query<ItemRow>({
      name: 'find_items',
      text: `select ${COLUMNS} from stock_items where sku = any($1::text[])`,
      values: [[...new Set(requests.flat())]],
    });
    const items = new Map(rows.map((row) => [row.sku, toItem(row)]));
    return requests.map((skus) => [...new Set(skus)].flatMap((sku) => items.get(sku) ?? []));
  }
  const find = batchedRead(findAll);

  return {
    find,

    async list(limit, afterSku = '') {
      const text = `select ${COLUMNS} from stock_items where sku > $1 order by sku limit $2`;
      const { rows } = await pool.query<ItemRow>(text, [afterSku, limit]);
      return rows.map(toItem);
    },

    async put(sku, item) {
      const text = `
        insert into stock_items as i (sku, title, unit_price, currency, on_hand, received, low_at, sequence)
        values ($1, $2, $3, $4, $5, $5, $6, $7)
        on conflict (sku) do update
           set title = excluded.title, unit_price = excluded.unit_price, currency = excluded.currency,
               on_hand = excluded.on_hand, received = excluded.on_hand + i.held + i.sold,
               low_at = excluded.low_at, sequence = coalesce(excluded.sequence, i.sequence),
               updated_at = clock_timestamp()
         where excluded.sequence is null or i.sequence is null or excluded.sequence > i.sequence
        returning ${COLUMNS}`;
      const values = [
        sku,
        item.title,
        item.unitPrice,
        item.currency,
        item.onHand,
        item.lowAt ?? null,
        item.sequence ?? null,
      ];
      const [stored] = (await pool.query<ItemRow>(text, values)).rows;
      if (stored) return { item: toItem(stored), applied: true };
      const [newer] = await find([sku]);
      if (!newer) throw new Error(`Item ${sku} was deleted while it was written. Write it again.`);
      return { item: newer, applied: false };
    },
  };
}

function toItem(row: ItemRow): StockItem {
  return {
    sku: row.sku,
    title: row.title,
    unitPrice: row.unit_price,
    currency: row.currency,
    onHand: row.on_hand,
    held: row.held,
    sold: row.sold,
    ...(row.low_at !== null && { lowAt: row.low_at }),
    ...(row.sequence !== null && { sequence: row.sequence }),
  };
}
