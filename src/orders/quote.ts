import { Problem, type FieldError } from '../contracts/errors.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import type { OrderLine, OrderRequest } from '../contracts/http/order.ts';
import type { CatalogueItem } from '../contracts/http/stock.ts';
import { isCurrency } from '../domain/money.ts';
import { orderLine } from '../domain/order-lines.ts';
import { lineTotal, orderTotal } from '../domain/pricing.ts';

/** An order priced by the catalogue. Amounts in minor units. */
export interface PricedOrder {
  lines: OrderLine[];
  total: number;
}

/** With the reason why the order cannot be placed, if there is one. */
export interface Quote extends PricedOrder {
  problem?: Problem;
}

/** The SKUs of an order, each once. */
export const skusOf = ({ lines }: OrderRequest): string[] => [...new Set(lines.map(({ sku }) => sku))];

/** Unit prices by SKU; minor units. */
export type UnitPrices = Readonly<Record<string, number>>;

/**
 * Prices an order. An item that the catalogue does not have costs nothing.
 *
 * @param kept the prices at which the order was accepted, if it keeps them
 */
export function priceOrder(
  { lines: requested }: OrderRequest,
  items: readonly CatalogueItem[],
  kept: UnitPrices = {},
): PricedOrder {
  const bySku = new Map(items.map((item) => [item.sku, item]));
  const lines = requested.map(({ sku, quantity }, index): OrderLine => {
    const { title = sku, unitPrice: listed = 0 } = bySku.get(sku) ?? {};
    const unitPrice = kept[sku] ?? listed;
    const total = lineTotal({ quantity, unitPrice });
    return orderLine({ sku, title, quantity, unitPrice, total }, index + 1);
  });
  return { lines, total: orderTotal(lines) };
}

/** The prices of the lines, which an order that starts later keeps. */
export const unitPricesOf = ({ lines }: PricedOrder): UnitPrices =>
  Object.fromEntries(lines.map(({ sku, unitPrice }) => [sku, unitPrice]));

/**
 * Prices an order, so that a request which cannot succeed is refused at once. The transaction that reserves the stock
 * checks and prices the order again, and its result counts.
 */
export function quote(request: OrderRequest, items: readonly CatalogueItem[], rules: ChargeRules): Quote {
  const priced = priceOrder(request, items);
  const problem = findProblem(request, items, priced.total, rules);
  return problem ? { ...priced, problem } : priced;
}

function findProblem(
  { currency, lines, expectedTotal }: OrderRequest,
  items: readonly CatalogueItem[],
  total: number,
  rules: ChargeRules,
): Problem | undefined {
  if (!isCurrency(currency)) return unknownCurrency(currency);
  const bySku = new Map(items.map((item) => [item.sku, item]));
  const unknownSkus: FieldError[] = [];
  const otherCurrencies: FieldError[] = [];
  for (const [index, { sku }] of lines.entries()) {
    const field = `lines[${index}].sku`;
    const item = bySku.get(sku);
    if (!item) unknownSkus.push({ field, message: 'there is no such item' });
    else if (item.currency !== currency)
      otherCurrencies.push({ field, message: `is sold in ${item.currency}` });
  }
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
  const refusal = rules.refuseTotal(total, currency);
  if (!refusal) return undefined;
  const { code, message } = refusal;
  const isTotal = code === 'amount_not_chargeable';
  return new Problem(code, isTotal ? `The total is ${total} ${currency}: it ${message}.` : `${message}.`, {
    errors: [isTotal ? { field: 'lines', message: `the total ${message}` } : { field: 'currency', message }],
    ...(isTotal && { extra: { total } }),
  });
}

/** The problem for a currency code that ISO 4217 does not have. */
export const unknownCurrency = (code: string): Problem =>
  new Problem('invalid_request', `${code} is not a currency of ISO 4217.`, {
    errors: [{ field: 'currency', message: 'must be the code of a currency by ISO 4217, for example EUR' }],
  });
