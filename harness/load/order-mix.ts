import type { OrderRequest } from '../../src/contracts/http/order.ts';

export interface OrderMix {
  readonly skus: readonly string[];
  readonly methods: readonly string[];
  readonly quantity: number;
  readonly currency: string;
}

/** The plain items of the demo catalogue: enough that orders do not queue for one row. */
export const HUNDRED_SKUS: readonly string[] = Array.from(
  { length: 100 },
  (_, index) => `item-${String(index + 1).padStart(3, '0')}`,
);

/** Order number `index` of a run: items and payment methods take turns, and each order has another customer. */
export const orderOf = ({ skus, methods, quantity, currency }: OrderMix, index: number): OrderRequest => ({
  customer: { email: `load-${index}@example.com` },
  currency,
  lines: [{ sku: turn(skus, index), quantity }],
  // Shifted by one in each round, so that each item is paid by each method when there are as many items as methods.
  payment: { method: turn(methods, index + Math.floor(index / skus.length)) },
});

function turn<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('the list to choose from is empty');
  return item;
}
