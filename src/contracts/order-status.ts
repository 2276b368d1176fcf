/** Every status an order can have. Flags such as `attention` stand beside the status, never instead of it. */
export const ORDER_STATUSES = [
  'placed',
  'reserved',
  'in_review',
  'awaiting_customer',
  'payment_unknown',
  'paid',
  'shipped',
  'delivered',
  'closed',
  'out_of_stock',
  'payment_failed',
  'rejected',
  'expired',
  'cancelled',
  'refunded',
] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The statuses in which an order without payment ends: its stock is back and no money is kept. */
export const FAILED_STATUSES = [
  'out_of_stock',
  'payment_failed',
  'rejected',
  'expired',
  'cancelled',
] as const;

export type FailedStatus = (typeof FAILED_STATUSES)[number];
