import type { ReviewPolicy } from '../contracts/temporal/checkout.ts';
import type { OrderRequest } from '../contracts/http/order.ts';

/** Stable codes of the rules by which the order has to wait for a person; none: it goes on at once. `total` in minor units. */
export function reviewReasons(
  { currency, lines, shipping }: OrderRequest,
  total: number,
  { above, quantityAbove, countries }: ReviewPolicy,
): string[] {
  const limit = above[currency];
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  const most = Math.max(...quantities.values());
  return [
    ...(limit !== undefined && total > limit ? ['total_above_limit'] : []),
    ...(quantityAbove !== undefined && most > quantityAbove ? ['quantity_above_limit'] : []),
    ...(shipping && countries.includes(shipping.country) ? ['country_listed'] : []),
  ];
}
