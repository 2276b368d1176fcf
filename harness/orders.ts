import { randomUUID } from 'node:crypto';
import type { CheckoutOrder } from '../src/contracts/temporal/checkout.ts';
import type { OrderLineRequest, OrderRequest } from '../src/contracts/http/order.ts';

/** The body of an order of one mug, with these changes. */
export function orderRequest(changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    customer: { email: 'ada@example.com', name: 'Ada' },
    currency: 'EUR',
    lines: [{ sku: 'mug-01', quantity: 1 }],
    payment: { method: 'pm_card_visa' },
    ...changes,
  };
}

/** An accepted order with a new id. */
export function checkoutOrder(changes: Partial<OrderRequest> = {}): CheckoutOrder {
  return {
    orderId: `ord_${randomUUID().replaceAll('-', '')}`,
    clientId: 'development',
    requestHash: 'a'.repeat(64),
    placedAt: new Date().toISOString(),
    request: orderRequest(changes),
  };
}

export const line = (sku: string, quantity = 1): OrderLineRequest => ({ sku, quantity });
