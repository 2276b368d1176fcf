import { Problem, type FieldError } from '../contracts/errors.ts';
import type { OrderLine, OrderRequest } from '../contracts/http/order.ts';
import type { StockItem } from '../contracts/http/stock.ts';
import { lineTotal, orderTotal } from '../domain/pricing.ts';

/** An order priced by the catalogue, and what the catalogue has against it. Amounts in minor units. */
export interface Quote {
  lines: OrderLine[];
  total: number;
  problem?: Problem;
}

/** The SKUs of an order, each once. */
export const skusOf = ({ lines }: OrderRequest): string[] => [...new Set(lines.map(({ sku }) => sku))];

/**
 * Prices an order. This is for a quick and clear answer only: what counts is checked again when the stock is reserved,
 * in the same transaction.
 */
export function quote(request: OrderRequest, items: readonly StockItem[]): Quote {
  const bySku = new Map(items.map((item) => [item.sku, item]));
  const unknown: FieldError[] = [];
  const foreign: FieldError[] = [];
  const lines = request.lines.map(({ sku, quantity }, index): OrderLine => {
    const item = bySku.get(sku);
    if (!item) unknown.push({ field: `lines[${index}].sku`, message: 'there is no such item' });
    else if (item.currency !== request.currency) {
      foreign.push({ field: `lines[${index}].sku`, message: `is sold in ${item.currency}` });
    }
    const unitPrice = item?.unitPrice ?? 0;
    return {
      sku,
      title: item?.title ?? sku,
      quantity,
      unitPrice,
      total: lineTotal({ quantity, unitPrice }),
    };
  });
  const total = orderTotal(lines);
  const problem = findProblem(request, total, unknown, foreign);
  return problem ? { lines, total, problem } : { lines, total };
}

function findProblem(
  { expectedTotal }: OrderRequest,
  total: number,
  unknown: FieldError[],
  foreign: FieldError[],
): Problem | undefined {
  if (unknown.length > 0) {
    return new Problem('unknown_sku', 'The catalogue does not have this item.', { errors: unknown });
  }
  if (foreign.length > 0) {
    return new Problem('currency_mismatch', 'The order is in another currency than the item is sold in.', {
      errors: [{ field: 'currency', message: 'is not the currency of every item' }, ...foreign],
    });
  }
  if (expectedTotal !== undefined && expectedTotal !== total) {
    return new Problem('total_mismatch', 'The prices have changed: show the customer the total again.', {
      errors: [{ field: 'expectedTotal', message: `the total is ${total}` }],
      extra: { total },
    });
  }
  return undefined;
}
