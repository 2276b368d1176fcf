import type { OrderRequest } from '../../src/contracts/http/order.ts';

export interface OrderMix {
  readonly skus: readonly string[];
  readonly methods: readonly string[];
  readonly quantity: number;
  readonly currency: string;
}

/** The plain items of the demo catalogue: enough that orders do not queue for one row. */
export const SPREAD: readonly string[] = Array.from(
  { length: 100 },
  (_, index) => `item-${String(index + 1).padStart(3, '0')}`,
);

/** Order number `index` of a run: items and payment methods take turns, every customer is another. */
export const orderOf = ({ skus, methods, quantity, currency }: OrderMix, index: number): OrderRequest => ({
  customer: { email: `load-${index}@example.com` },
  currency,
  lines: [{ sku: turn(skus, index), quantity }],
  // Each item meets each method, also where there are as many of the one as of the other.
  payment: { method: turn(methods, index + Math.floor(index / skus.length)) },
});

function turn<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('there is nothing to choose from');
  return item;
}
