import type { StockItem } from '../../src/contracts/http/stock.ts';
import { get, withQuery, type Page } from './client.ts';

/** Every item: there is no filter for those in trouble. At most ten pages. */
export async function allStock(signal: AbortSignal): Promise<StockItem[]> {
  const items: StockItem[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 10; page += 1) {
    const found = await get<Page<StockItem>>(withQuery('/v1/stock', { limit: 100, cursor }), signal);
    items.push(...found.data);
    cursor = found.nextCursor;
    if (cursor === undefined) break;
  }
  return items;
}
