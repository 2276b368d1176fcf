/** Types of the events in `order_events`, as they appear on every feed (CloudEvents `type`). */
const PREFIX = 'com.durable-checkout.order.';

export type OrderEventName =
  | 'placed'
  | 'reserved'
  | 'awaiting_customer'
  | 'payment_unknown'
  | 'paid'
  | 'out_of_stock'
  | 'payment_failed'
  | 'rejected'
  | 'expired'
  | 'cancelled';

export const orderEventType = (name: OrderEventName): string => `${PREFIX}${name}.v1`;
