import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { Actor } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import { DEFAULT_LOCATION } from '../contracts/http/locations.ts';
import { RESERVED_SKUS, type StockItem, type StockItemRequest } from '../contracts/http/stock.ts';
import { isCurrency } from '../domain/money.ts';
import { unknownCurrency } from './quote.ts';

export interface PutStockItemParts {
  catalogue: StockCatalogue;
  chargeRules: ChargeRules;
}

/**
 * Writes an item of the catalogue, and its stock at one location. Safe to repeat. `applied` is false if the location has the same
 * sequence or a newer one.
 *
 * @throws {Problem} where the SKU is reserved or `rearmAt` is not above `lowAt` (`invalid_request`), the location does not exist, the
 *   currency is none of ISO 4217 (`invalid_request`) or none that can be charged (`currency_not_supported`), or the price cannot be
 *   (`amount_not_chargeable`)
 */
export async function putStockItem(
  { catalogue, chargeRules }: PutStockItemParts,
  sku: string,
  item: StockItemRequest,
  actor: Actor,
): Promise<StockItem & { applied: boolean }> {
  requireStockItem(chargeRules, sku, item);
  const stored = await catalogue.put(sku, { ...item, actor });
  if (stored === 'unknown_location') throw unknownLocation(item);
  return { ...stored.item, applied: stored.applied };
}

/** Checks what can be said of an item without the database. @throws {Problem} as {@link putStockItem} */
export function requireStockItem(rules: ChargeRules, sku: string, item: StockItemRequest): void {
  requireReadable(sku);
  if (item.rearmAt !== undefined && (item.lowAt === undefined || item.rearmAt <= item.lowAt)) {
    const errors = [{ field: 'rearmAt', message: 'must be greater than lowAt' }];
    throw new Problem('invalid_request', 'rearmAt must be greater than lowAt.', { errors });
  }
  requireChargeable(rules, item);
}

export const unknownLocation = ({ location = DEFAULT_LOCATION }: StockItemRequest): Problem =>
  new Problem(
    'location_not_found',
    `There is no location ${location}. Create it with PUT /v1/locations/${location}.`,
    { errors: [{ field: 'location', message: 'does not exist' }] },
  );

function requireReadable(sku: string): void {
  if (!RESERVED_SKUS.includes(sku)) return;
  throw new Problem(
    'invalid_request',
    `An item cannot have the SKU ${sku}: GET /v1/stock/${sku} is another list.`,
    {
      errors: [{ field: 'sku', message: `must not be ${RESERVED_SKUS.join(' or ')}` }],
    },
  );
}

/** Refuses a price that no order could be paid with. */
function requireChargeable(rules: ChargeRules, { unitPrice, currency }: StockItemRequest): void {
  if (!isCurrency(currency)) throw unknownCurrency(currency);
  const refusal = rules.refusePrice(unitPrice, currency);
  if (!refusal) return;
  const { code, message } = refusal;
  const field = code === 'currency_not_supported' ? 'currency' : 'unitPrice';
  throw new Problem(code, field === 'currency' ? `${message}.` : `The price ${message}.`, {
    errors: [{ field, message }],
  });
}
