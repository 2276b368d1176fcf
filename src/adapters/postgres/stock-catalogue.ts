import type { GivenBy } from '../../contracts/actor.ts';
import type {
  CatalogueItem,
  StockFilter,
  StockItem,
  StockItemRequest,
  StockLevel,
} from '../../contracts/http/stock.ts';
import type { StockTrouble } from '../../contracts/stock-troubles.ts';
import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import { batchedRead } from './batched-read.ts';
import { callFunction, type Pool } from './pool.ts';

export type StockPut = { item: StockItem; applied: boolean } | 'unknown_location';

export interface StockCatalogue {
  /** Returns the items of these SKUs that exist, without their stock, in no particular order. */
  find(skus: string[]): Promise<CatalogueItem[]>;
  /** Returns an item with its stock, or `undefined` if there is none. */
  get(sku: string): Promise<StockItem | undefined>;
  /** Returns the items with their stock by SKU, those after `afterSku`. */
  list(limit: number, afterSku?: string, filter?: StockFilter): Promise<StockItem[]>;
  /**
   * Creates the item, or overwrites it, and sets what is physically at its location. Safe to repeat. `applied` is false if the level
   * has the same sequence or a newer one.
   */
  put(sku: string, item: StockItemRequest & GivenBy): Promise<StockPut>;
}

interface ItemRow {
  sku: string;
  title: string;
  unit_price: number;
  currency: string;
  weight_grams: number | null;
  locations: StockLevel[];
}

const ITEMS = `
  select i.sku, i.title, i.unit_price, i.currency, i.weight_grams,
         (select coalesce(json_agg(json_strip_nulls(json_build_object('location', l.location_id, 'onHand', l.on_hand,
                   'available', l.available, 'held', l.held, 'committed', l.committed, 'unavailable', l.unavailable,
                   'oversold', l.oversold, 'sold', l.sold, 'lowAt', l.low_at, 'rearmAt', l.rearm_at,
                   'sequence', l.sequence, 'countedAt', iso_time(l.counted_at), 'countedBy', l.counted_by)) order by p.priority, l.location_id), '[]')
            from stock_levels l join locations p using (location_id) where l.sku = i.sku) as locations
    from stock_items i`;

const OVERSOLD = 'exists (select from stock_levels l where l.sku = i.sku and l.oversold > 0)';
const SELLABLE = 'exists (select from stock_levels l where l.sku = i.sku and l.available > 0)';

/** The items of which it is the worst that is true. */
const TROUBLE_CONDITIONS: Readonly<Record<StockTrouble, string>> = {
  oversold: OVERSOLD,
  out: `not ${OVERSOLD} and not ${SELLABLE}`,
  low: `not ${OVERSOLD} and ${SELLABLE}
        and exists (select from stock_levels l where l.sku = i.sku and l.available <= l.low_at)`,
};

/** One item of {@link putItems}. */
export type ItemToPut = StockItemRequest & GivenBy & { sku: string };

/** Which item was written, and whether its level was. */
export interface PutResult {
  sku: string;
  applied: boolean;
  unknownLocation?: true;
}

/** Writes items and what is physically there, in one transaction. Safe to repeat. */
export const putItems = (pool: Pool, items: readonly ItemToPut[]): Promise<PutResult[]> =>
  callFunction(pool, 'put_stock', items);

export function createStockCatalogue(pool: Pool, trace?: SharedTrace): StockCatalogue {
  async function findAll(requests: string[][]): Promise<CatalogueItem[][]> {
    const { rows } = await pool.query<CatalogueItem>({
      name: 'find_items',
      text: `select sku, title, unit_price as "unitPrice", currency from stock_items where sku = any($1::text[])`,
      values: [[...new Set(requests.flat())]],
    });
    const items = new Map(rows.map((item) => [item.sku, item]));
    return requests.map((skus) => [...new Set(skus)].flatMap((sku) => items.get(sku) ?? []));
  }

  async function get(sku: string): Promise<StockItem | undefined> {
    const [row] = (await pool.query<ItemRow>(`${ITEMS} where i.sku = $1`, [sku])).rows;
    return row && toItem(row);
  }

  return {
    find: batchedRead(findAll, trace),
    get,

    async list(limit, afterSku = '', { state, q } = {}) {
      const conditions = ['i.sku > $1'];
      if (state !== undefined) conditions.push(TROUBLE_CONDITIONS[state]);
      if (q !== undefined)
        conditions.push('(strpos(lower(i.sku), lower($3)) > 0 or strpos(lower(i.title), lower($3)) > 0)');
      const { rows } = await pool.query<ItemRow>(
        `${ITEMS} where ${conditions.join(' and ')} order by i.sku limit $2`,
        [afterSku, limit, ...(q === undefined ? [] : [q])],
      );
      return rows.map(toItem);
    },

    async put(sku, item) {
      const [result] = await putItems(pool, [{ ...item, sku }]);
      if (result?.unknownLocation) return 'unknown_location';
      const stored = await get(sku);
      if (!result || !stored)
        throw new Error(`Item ${sku} was deleted while it was written. Write it again.`);
      return { item: stored, applied: result.applied };
    },
  };
}

function toItem(row: ItemRow): StockItem {
  const [only, ...others] = row.locations;
  const sum = (count: 'onHand' | 'available' | 'held' | 'committed' | 'unavailable' | 'oversold' | 'sold') =>
    row.locations.reduce((total, level) => total + level[count], 0);
  return {
    sku: row.sku,
    title: row.title,
    unitPrice: row.unit_price,
    currency: row.currency,
    ...(row.weight_grams !== null && { weightGrams: row.weight_grams }),
    onHand: sum('onHand'),
    available: sum('available'),
    held: sum('held'),
    committed: sum('committed'),
    unavailable: sum('unavailable'),
    oversold: sum('oversold'),
    sold: sum('sold'),
    ...(only && others.length === 0 && alertsOf(only)),
    locations: row.locations,
  };
}

const alertsOf = ({ lowAt, rearmAt, sequence }: StockLevel): Partial<StockItem> => ({
  ...(lowAt !== undefined && { lowAt }),
  ...(rearmAt !== undefined && { rearmAt }),
  ...(sequence !== undefined && { sequence }),
});
