import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { Quote } from './quote.ts';

/** How an order looks that only Temporal knows so far: accepted, and nothing of it done yet. */
export function placedView(
  { orderId, placedAt, request }: CheckoutOrder,
  { lines, total }: Quote,
): OrderView {
  return {
    orderId,
    status: 'placed',
    currency: request.currency,
    total,
    customer: request.customer,
    ...(request.shipping && { shipping: request.shipping }),
    lines,
    payment: { status: 'none', method: request.payment.method, captured: 0, refunded: 0, capturable: 0 },
    reservations: [],
    shipments: [],
    refunds: [],
    partiallyRefunded: false,
    attention: null,
    createdAt: placedAt,
    updatedAt: placedAt,
  };
}
