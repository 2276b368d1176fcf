/** Every status of an order. Flags such as `attention` are separate fields and never replace the status. */
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

/** The statuses in which an order ends without a payment: its stock is released and no money is kept. */
export const FAILED_STATUSES = [
  'out_of_stock',
  'payment_failed',
  'rejected',
  'expired',
  'cancelled',
] as const;

export type FailedStatus = (typeof FAILED_STATUSES)[number];
