import { createShipmentStore, type ShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import type { Address, OrderView } from '../../src/contracts/http/order.ts';
import type { LineQuantity, ShipmentView } from '../../src/contracts/http/shipments.ts';
import type { Label } from '../../src/contracts/ports/carrier.ts';
import type { PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import type { FulfilmentPlan } from '../../src/contracts/temporal/fulfilment.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { viewOf } from './paid-orders.ts';
import type { Shop } from './postgres.ts';

export const ADDRESS: Address = {
  name: 'Ada',
  line1: '1 High St',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

export const WAREHOUSE = { ...ADDRESS, name: 'Warehouse', line1: '2 Dock Rd' };

export const RETURN_WINDOW_MS = 3_600_000;

/** Wanted pieces, in the sequence of the lines: how many, and of which item. */
export type Wanted = { sku: string; quantity: number }[];

export interface ShippingShop {
  shop: Shop;
  shipments: ShipmentStore;
  /** Creates a paid order with an address. `payment` is captured in full by default. */
  order(wanted: Wanted, payment?: Partial<PaymentRecord>): Promise<string>;
  plan(orderId: string, mode?: 'carrier' | 'warehouse', returnWindowMs?: number): Promise<FulfilmentPlan>;
  /** Buys the label of a shipment, as the activity does. */
  buy(orderId: string, shipmentId: string): Promise<void>;
  /** Records what the carrier says of a parcel. */
  track(orderId: string, shipmentId: string, status: string, at?: string): Promise<void>;
  /** The same with all that the tracker lists: statuses and their times, oldest first. */
  trackAll(orderId: string, shipmentId: string, ...details: [status: string, at: string][]): Promise<void>;
  report(orderId: string, key: string, lines: LineQuantity[], changes?: object): Promise<string>;
  view(orderId: string): Promise<OrderView>;
  shipmentsOf(orderId: string): Promise<ShipmentView[]>;
  /** The counts of an item at a location. */
  level(sku: string, location?: string): Promise<Level>;
}

export interface Level {
  available: number;
  held: number;
  committed: number;
  oversold: number;
  sold: number;
}

export const labelOf = (shipmentId: string): Label => ({
  carrier: 'USPS',
  service: 'Priority',
  trackingCode: `EZ-${shipmentId}`,
  trackingUrl: `https://track.example/${shipmentId}`,
  trackerId: `trk_${shipmentId}`,
  labelUrl: `https://labels.example/${shipmentId}.pdf`,
  cost: 599,
  currency: 'USD',
});

export const carrierShipmentOf = (shipmentId: string): string => `carrier_${shipmentId}`;

/** Ships orders of a shop with the SQL functions, without Temporal and the carrier. */
export function shippingShop(shop: Shop): ShippingShop {
  const shipments = createShipmentStore(shop.pool);
  const view = (orderId: string) => viewOf(shop, orderId);

  async function trackAll(
    orderId: string,
    shipmentId: string,
    ...details: [status: string, at: string][]
  ): Promise<void> {
    const { trackerId, trackingCode } = labelOf(shipmentId);
    const known = details.map(([status, at]) => ({ at, status: status as 'in_transit' }));
    await shipments.recordTracking({
      orderId,
      shipmentId,
      tracker: { trackerId, trackingCode, status: known.at(-1)?.status ?? 'unknown', details: known },
    });
  }

  return {
    shop,
    shipments,
    view,
    shipmentsOf: async (orderId) => (await view(orderId)).shipments,

    async order(wanted, payment = {}) {
      const lines = wanted.map(({ sku, quantity }) => line(sku, quantity));
      const order = checkoutOrder({ lines, shipping: ADDRESS });
      const { orderId } = order;
      const [reserved] = await shop.ledger.reserveStock([order]);
      if (reserved?.status !== 'reserved') throw new Error(`order ${orderId} was not reserved`);
      await shop.ledger.confirmOrder([
        {
          orderId,
          payment: {
            attempt: 1,
            status: 'succeeded',
            paymentIntentId: `pi_${orderId}`,
            captured: reserved.total,
            ...payment,
          },
        },
      ]);
      return orderId;
    },

    async plan(orderId, mode = 'carrier', returnWindowMs = RETURN_WINDOW_MS) {
      const [plan] = await shipments.plan([{ orderId, mode, tracking: true, returnWindowMs }]);
      if (!plan) throw new Error(`there is no plan of order ${orderId}`);
      return plan;
    },

    async buy(orderId, shipmentId) {
      const carrierShipmentId = carrierShipmentOf(shipmentId);
      await shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId });
      await shipments.recordLabel({ orderId, shipmentId, carrierShipmentId, label: labelOf(shipmentId) });
    },

    track: (orderId, shipmentId, status, at = new Date().toISOString()) =>
      trackAll(orderId, shipmentId, [status, at]),
    trackAll,

    async report(orderId, key, lines, changes = {}) {
      const [result] = await shipments.report([
        { orderId, key, requestHash: 'a', lines, carrier: 'DHL', trackingCode: 'JJD1', ...changes },
      ]);
      return result?.outcome === 'done' ? result.shipmentId : `${result?.outcome}: ${result?.code}`;
    },

    async level(sku, location = 'default') {
      const { rows } = await shop.pool.query<Level>(
        `select available, held, committed, oversold, sold from stock_levels where sku = $1 and location_id = $2`,
        [sku, location],
      );
      const [found] = rows;
      if (!found) throw new Error(`there is no ${sku} at ${location}`);
      return found;
    },
  };
}

/** Adds a location with pieces of an item. */
export async function addLocation(
  shop: Shop,
  location: string,
  stock: Record<string, number>,
): Promise<void> {
  await shop.pool.query(
    `insert into locations (location_id, name, priority, address) values ($1, $1, 50, $2) on conflict do nothing`,
    [location, JSON.stringify(WAREHOUSE)],
  );
  for (const [sku, onHand] of Object.entries(stock))
    await shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand, location });
}
