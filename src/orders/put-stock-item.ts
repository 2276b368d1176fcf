import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { Problem } from '../contracts/errors.ts';
import { DEFAULT_LOCATION } from '../contracts/http/locations.ts';
import type { StockItem, StockItemRequest } from '../contracts/http/stock.ts';

/**
 * Writes an item of the catalogue, and its stock at one location. Safe to repeat. `applied` is false if the location has the same
 * sequence or a newer one.
 *
 * @throws {Problem} where the location does not exist, or `rearmAt` is not above `lowAt`
 */
export async function putStockItem(
  catalogue: StockCatalogue,
  sku: string,
  item: StockItemRequest,
): Promise<StockItem & { applied: boolean }> {
  if (item.rearmAt !== undefined && (item.lowAt === undefined || item.rearmAt <= item.lowAt)) {
    const errors = [{ field: 'rearmAt', message: 'must be greater than lowAt' }];
    throw new Problem('invalid_request', 'rearmAt must be greater than lowAt.', { errors });
  }
  const stored = await catalogue.put(sku, item);
  if (stored === 'unknown_location') {
    const { location = DEFAULT_LOCATION } = item;
    throw new Problem(
      'location_not_found',
      `There is no location ${location}. Create it with PUT /v1/locations/${location}.`,
      { errors: [{ field: 'location', message: 'does not exist' }] },
    );
  }
  return { ...stored.item, applied: stored.applied };
}
