import type { ShipmentStatus } from '../../contracts/shipping-states.ts';

/** A shipment is late when it was not handed over for this time, */
const HAND_OVER_LIMIT = '48 hours';
/** or when it is on its way for this time. */
const DELIVERY_LIMIT = '14 days';

export interface LateShipments {
  readonly statuses: readonly ShipmentStatus[];
  /** Of a shipment with one of the statuses. Reads the index of shipments by status and age. */
  readonly condition: string;
}

export const LATE_SHIPMENTS: readonly LateShipments[] = [
  {
    statuses: ['pending', 'allocated', 'label_bought'],
    condition: `created_at < now() - interval '${HAND_OVER_LIMIT}'`,
  },
  {
    statuses: ['handed_over', 'in_transit', 'out_for_delivery'],
    condition: `created_at < now() - interval '${DELIVERY_LIMIT}' and handed_over_at < now() - interval '${DELIVERY_LIMIT}'`,
  },
];
