import type { ReviewPolicy } from '../contracts/temporal/checkout.ts';
import type { OrderRequest } from '../contracts/http/order.ts';

/** Stable codes of the rules that require a review of the order; empty if none does. `total` in minor units. */
export function reviewReasons(
  { currency, lines, shipping }: OrderRequest,
  total: number,
  { above, quantityAbove, countries }: ReviewPolicy,
): string[] {
  const limit = above[currency];
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  const largestQuantity = Math.max(...quantities.values());
  return [
    ...(limit !== undefined && total > limit ? ['total_above_limit'] : []),
    ...(quantityAbove !== undefined && largestQuantity > quantityAbove ? ['quantity_above_limit'] : []),
    ...(shipping && countries.includes(shipping.country) ? ['country_listed'] : []),
  ];
}
