import type { CheckoutOrder, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import type { Shop } from './postgres.ts';

/** An order in the ledger, with its payment and its item. */
export interface LedgerOrder {
  orderId: string;
  paymentIntentId: string;
  sku: string;
}

/** Creates a paid order of one piece at 1000 minor units; 10 pieces were on hand. */
export const paidOrder = (shop: Shop): Promise<LedgerOrder> =>
  confirmed(shop, { status: 'succeeded', captured: 1_000 });

/** Creates the same order, with the payment authorised and not captured. */
export const authorizedOrder = (shop: Shop): Promise<LedgerOrder> =>
  confirmed(shop, { status: 'authorized', captured: 0, capturable: 1_000 });

async function confirmed(shop: Shop, payment: Omit<PaymentRecord, 'attempt'>): Promise<LedgerOrder> {
  const { orderId, sku } = await reservedOrder(shop);
  const paymentIntentId = `pi_${orderId}`;
  await shop.ledger.confirmOrder([{ orderId, payment: { attempt: 1, paymentIntentId, ...payment } }]);
  return { orderId, paymentIntentId, sku };
}

/** Creates an order that holds one piece; 10 pieces were on hand. */
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

/** Returns the short types of the order's events. Throws if their sequence has a gap. */
export async function eventsOf(shop: Shop, orderId: string): Promise<string[]> {
  const events = await shop.reader.events(orderId);
  for (const [index, { sequence }] of events.entries())
    if (sequence !== index + 1) throw new Error(`event ${sequence} comes after ${index} others`);
  return events.map(({ type }) => type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''));
}
