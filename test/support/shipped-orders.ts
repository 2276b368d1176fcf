import type { PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { LineQuantity } from '../../src/contracts/http/shipments.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import type { Shop } from './postgres.ts';

export const ADDRESS = {
  name: 'Ada',
  line1: '1 High St',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** A line of an order of a test. `total` is what the customer pays for it, in minor units. Default: 1000 for each piece. */
export interface TestLine {
  sku: string;
  quantity: number;
  total?: number;
}

export interface TestOrderOptions {
  /** Default: true. */
  ships?: boolean;
  currency?: string;
  /** Minor units. Default: the total of the order. The rest is authorised. */
  captured?: number;
}

/** Creates a paid order with these lines, and returns its id. */
export async function paidOrderOf(
  shop: Shop,
  lines: TestLine[],
  { ships = true, currency = 'EUR', captured }: TestOrderOptions = {},
): Promise<string> {
  const order = checkoutOrder({
    currency,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(ships && { shipping: ADDRESS }),
  });
  const { orderId } = order;
  const [reserved] = await shop.ledger.reserveStock([order]);
  if (reserved?.status !== 'reserved') throw new Error(`The order is ${reserved?.status ?? 'unknown'}`);
  for (const [index, { total }] of lines.entries())
    if (total !== undefined)
      await shop.pool.query(
        `update orders set lines = jsonb_set(lines, array[$2, 'total'], to_jsonb($3::bigint)) where order_id = $1`,
        [orderId, String(index), total],
      );
  const { rows } = await shop.pool.query<{ total: number }>(
    `update orders set total = (select sum((l ->> 'total')::bigint) from jsonb_array_elements(lines) l)
      where order_id = $1 returning total`,
    [orderId],
  );
  const total = rows[0]?.total ?? 0;
  const taken = captured ?? total;
  const payment: PaymentRecord = {
    attempt: 1,
    paymentIntentId: `pi_${orderId}`,
    status: taken === total ? 'succeeded' : 'authorized',
    captured: taken,
    capturable: total - taken,
  };
  const [paid] = await shop.ledger.confirmOrder([{ orderId, payment }]);
  if (paid?.status !== 'paid') throw new Error(`The order is ${paid?.status ?? 'unknown'}`);
  return orderId;
}

let parcels = 0;

/** Hands over pieces of an order, as the shop's own warehouse reports it. Returns the id of the shipment. */
export async function handOver(shop: Shop, orderId: string, lines: LineQuantity[]): Promise<string> {
  parcels += 1;
  const [result] = await createShipmentStore(shop.pool).report([
    {
      orderId,
      key: `parcel-${parcels}`,
      requestHash: 'a'.repeat(64),
      lines,
      carrier: 'DHL',
      trackingCode: `code-${parcels}`,
    },
  ]);
  if (result?.outcome !== 'done') throw new Error(`The shipment was refused: ${JSON.stringify(result)}`);
  return result.shipmentId;
}

/** Hands over pieces of an order, and delivers them. */
export async function deliver(shop: Shop, orderId: string, lines: LineQuantity[]): Promise<string> {
  const shipmentId = await handOver(shop, orderId, lines);
  const [result] = await createShipmentStore(shop.pool).change([{ orderId, shipmentId, action: 'deliver' }]);
  if (result?.outcome !== 'done') throw new Error(`The delivery was refused: ${JSON.stringify(result)}`);
  return shipmentId;
}
