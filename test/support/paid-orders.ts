import type { CheckoutOrder, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import type { Shop } from './postgres.ts';

/** An order in the books of a shop, as far as its money and its goods go. */
export interface BookedOrder {
  orderId: string;
  paymentIntentId: string;
  sku: string;
}

/** A paid order for one piece at 1000, of a shelf of 10. */
export const paidOrder = (shop: Shop): Promise<BookedOrder> =>
  confirmed(shop, { status: 'succeeded', captured: 1_000 });

/** The same, authorised and not captured. */
export const authorizedOrder = (shop: Shop): Promise<BookedOrder> =>
  confirmed(shop, { status: 'authorized', captured: 0, capturable: 1_000 });

async function confirmed(shop: Shop, payment: Omit<PaymentRecord, 'attempt'>): Promise<BookedOrder> {
  const { orderId, sku } = await reservedOrder(shop);
  const paymentIntentId = `pi_${orderId}`;
  await shop.ledger.confirmOrder([{ orderId, payment: { attempt: 1, paymentIntentId, ...payment } }]);
  return { orderId, paymentIntentId, sku };
}

/** An order that holds one piece of a shelf of 10. */
export async function reservedOrder(
  shop: Shop,
): Promise<{ order: CheckoutOrder; orderId: string; sku: string }> {
  const sku = await shop.item(10);
  const order = checkoutOrder({ lines: [line(sku)] });
  await shop.ledger.reserveStock([order]);
  return { order, orderId: order.orderId, sku };
}

export async function viewOf(shop: Shop, orderId: string): Promise<OrderView> {
  const stored = await shop.reader.find(orderId);
  if (!stored) throw new Error(`no order ${orderId}`);
  return stored.view;
}

/** Without the common part of their names; throws if a number is missing in their sequence. */
export async function eventsOf(shop: Shop, orderId: string): Promise<string[]> {
  const events = await shop.reader.events(orderId);
  for (const [index, { sequence }] of events.entries())
    if (sequence !== index + 1) throw new Error(`event ${sequence} comes after ${index} others`);
  return events.map(({ type }) => type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''));
}
