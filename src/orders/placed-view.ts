import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { recordedTraceId } from '../domain/trace-context.ts';
import type { PricedOrder } from './quote.ts';

/** The view of an order that is in Temporal only: accepted, and its first step has not run yet. */
export function placedView(
  { orderId, placedAt, traceparent, request }: CheckoutOrder,
  { lines, total }: PricedOrder,
): OrderView {
  const traceId = recordedTraceId(traceparent);
  return {
    orderId,
    status: 'placed',
    currency: request.currency,
    total,
    customer: request.customer,
    ...(request.shipping && { shipping: request.shipping }),
    ...(request.locale !== undefined && { locale: request.locale }),
    lines,
    payment: {
      status: 'none',
      method: request.payment.method,
      captured: 0,
      refunded: 0,
      disputed: 0,
      capturable: 0,
    },
    reservations: [],
    shipments: [],
    returns: [],
    refunds: [],
    disputes: [],
    partiallyShipped: false,
    partiallyReturned: false,
    partiallyRefunded: false,
    attention: null,
    ...(traceId !== undefined && { traceId }),
    createdAt: placedAt,
    updatedAt: placedAt,
  };
}
