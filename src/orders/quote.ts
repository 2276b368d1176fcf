import { Problem, type FieldError } from '../contracts/errors.ts';
import type { OrderLine, OrderRequest } from '../contracts/http/order.ts';
import type { CatalogueItem } from '../contracts/http/stock.ts';
import { orderLine } from '../domain/order-lines.ts';
import { lineTotal, orderTotal } from '../domain/pricing.ts';

/** An order priced by the catalogue, and the reason why it cannot be placed, if there is one. Amounts in minor units. */
export interface Quote {
  lines: OrderLine[];
  total: number;
  problem?: Problem;
}

/** The SKUs of an order, each once. */
export const skusOf = ({ lines }: OrderRequest): string[] => [...new Set(lines.map(({ sku }) => sku))];

/**
 * Prices an order, so that a request which cannot succeed is refused at once. The transaction that reserves the stock
 * checks and prices the order again, and its result counts.
 */
export function quote(request: OrderRequest, items: readonly CatalogueItem[]): Quote {
  const bySku = new Map(items.map((item) => [item.sku, item]));
  const unknownSkus: FieldError[] = [];
  const otherCurrencies: FieldError[] = [];
  const lines = request.lines.map(({ sku, quantity }, index): OrderLine => {
    const item = bySku.get(sku);
    if (!item) unknownSkus.push({ field: `lines[${index}].sku`, message: 'there is no such item' });
    else if (item.currency !== request.currency) {
      otherCurrencies.push({ field: `lines[${index}].sku`, message: `is sold in ${item.currency}` });
    }
    const unitPrice = item?.unitPrice ?? 0;
    const total = lineTotal({ quantity, unitPrice });
    return orderLine({ sku, title: item?.title ?? sku, quantity, unitPrice, total }, index + 1);
  });
  const total = orderTotal(lines);
  const problem = findProblem(request, total, unknownSkus, otherCurrencies);
  return problem ? { lines, total, problem } : { lines, total };
}

function findProblem(
  { expectedTotal }: OrderRequest,
  total: number,
  unknownSkus: FieldError[],
  otherCurrencies: FieldError[],
): Problem | undefined {
  if (unknownSkus.length > 0) {
    return new Problem('unknown_sku', 'The catalogue does not have every item of the order: see `errors`.', {
      errors: unknownSkus,
    });
  }
  if (otherCurrencies.length > 0) {
    return new Problem(
      'currency_mismatch',
      'Place one order for each currency: see `errors` for the items that are sold in another one.',
      {
        errors: [{ field: 'currency', message: 'is not the currency of every item' }, ...otherCurrencies],
      },
    );
  }
  if (expectedTotal !== undefined && expectedTotal !== total) {
    return new Problem(
      'total_mismatch',
      `The total is ${total}, not ${expectedTotal}: show the customer the new total, and place the order again.`,
      {
        errors: [{ field: 'expectedTotal', message: `the total is ${total}` }],
        extra: { total },
      },
    );
  }
  return undefined;
}
