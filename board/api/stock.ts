import type { StockFilter, StockItem } from '../../src/contracts/http/stock.ts';
import type { StockTrouble } from '../../src/contracts/stock-troubles.ts';
import { STOCK_TROUBLES } from '../lib/status.ts';
import { get, pathOf } from './client.ts';
import { readPages, type Listed } from './pages.ts';
import { ApiProblem } from './problem.ts';

export interface ListedStock extends Listed<StockItem> {
  /** How many items are in each trouble, of at most one page. */
  troubles: Readonly<Record<StockTrouble, { count: number; atLeast: boolean }>>;
}

/**
 * Reads the first `pages` pages of items by SKU. Without a `state`, those in trouble are there from the first page on, wherever their
 * SKU stands.
 *
 * @throws {ApiProblem}
 */
export async function readStock(
  { state, q }: StockFilter,
  pages: number,
  signal: AbortSignal,
): Promise<ListedStock> {
  const itemsOf = (trouble: StockTrouble | undefined, wanted: number): Promise<Listed<StockItem>> =>
    readPages('/v1/stock', { state: trouble, q }, wanted, signal);
  const [listed, ...inTrouble] = await Promise.all([
    itemsOf(state, pages),
    ...STOCK_TROUBLES.map((trouble) => itemsOf(trouble, 1)),
  ]);
  const found = [...(state === undefined ? inTrouble.flatMap(({ data }) => data) : []), ...listed.data];
  const countOf = (trouble: StockTrouble) => {
    const { data, hasMore } = inTrouble[STOCK_TROUBLES.indexOf(trouble)] ?? { data: [], hasMore: false };
    return { count: data.length, atLeast: hasMore };
  };
  return {
    data: [...new Map(found.map((item) => [item.sku, item])).values()],
    hasMore: listed.hasMore,
    troubles: { oversold: countOf('oversold'), out: countOf('out'), low: countOf('low') },
  };
}

/** Reads the items of these SKUs. Those that are not there are left out. @throws {ApiProblem} */
export async function readItems(skus: readonly string[], signal: AbortSignal): Promise<StockItem[]> {
  const items = await Promise.all(skus.map((sku) => readItem(sku, signal)));
  return items.filter((item) => item !== undefined);
}

/** Reads an item. `undefined`: there is none. @throws {ApiProblem} */
export const readItem = (sku: string, signal: AbortSignal): Promise<StockItem | undefined> =>
  get<StockItem>(pathOf('stock', sku), signal).catch((error: unknown) => {
    if (error instanceof ApiProblem && error.code === 'item_not_found') return undefined;
    throw error;
  });
