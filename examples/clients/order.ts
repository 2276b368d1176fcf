import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { components, paths } from './checkout.js';

type Order = components['schemas']['Order'];

const { CHECKOUT_URL = 'http://127.0.0.1:3000', CHECKOUT_API_KEY = '' } = process.env;
const checkout = createClient<paths>({
  baseUrl: CHECKOUT_URL,
  headers: { Authorization: `Bearer ${CHECKOUT_API_KEY}` },
});

const placed = await checkout.POST('/v1/orders', {
  params: { header: { 'Idempotency-Key': randomUUID(), Prefer: 'wait=20' } },
  body: {
    customer: { email: 'ada@example.com', name: 'Ada' },
    currency: 'EUR',
    lines: [{ sku: 'mug-01', quantity: 2 }],
    payment: { method: 'pm_card_visa' },
    expectedTotal: 2400,
  },
});
if (!placed.data) throw new Error(placed.error.detail);
const order: Order = placed.data;
console.log(`placed ${order.orderId}: ${order.status}, ${order.total} ${order.currency}`);

const refunded = await checkout.POST('/v1/orders/{orderId}/refunds', {
  params: { path: { orderId: order.orderId }, header: { 'Idempotency-Key': randomUUID() } },
  body: { amount: 500, reason: 'one mug arrived broken' },
});
if (!refunded.data) throw new Error(refunded.error.detail);
console.log(`refunded ${refunded.data.amount}: ${refunded.data.status}`);

const listed = await checkout.GET('/v1/orders', {
  params: { query: { email: 'ada@example.com', limit: 5 } },
});
if (!listed.data) throw new Error(listed.error.detail);
const orders: Order[] = listed.data.data;
for (const { orderId, status, payment } of orders)
  console.log(`listed ${orderId}: ${status}, ${payment.refunded} refunded`);

const refused = await checkout.GET('/v1/orders/{orderId}', { params: { path: { orderId: 'ord_none' } } });
console.log(`refused ${refused.error?.status}: ${refused.error?.code}`);
