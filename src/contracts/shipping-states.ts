/** The states of a shipment. `pending` to `delivered` follow one another; a shipment never goes back to an earlier one. */
export const SHIPMENT_STATUSES = [
  'pending',
  'allocated',
  'label_bought',
  'handed_over',
  'in_transit',
  'out_for_delivery',
  'delivered',
  'on_hold',
  'cancelled',
  'returning',
  'lost',
] as const;
export type ShipmentStatus = (typeof SHIPMENT_STATUSES)[number];

export const RETURN_STATUSES = ['requested', 'open', 'declined', 'cancelled', 'closed'] as const;
export type ReturnStatus = (typeof RETURN_STATUSES)[number];

/** What became of a returned piece. */
export const DISPOSITIONS = ['restocked', 'not_restocked', 'processing', 'missing'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What an operator does with a return. */
export const RETURN_ACTIONS = ['open', 'decline', 'cancel', 'close', 'reopen'] as const;
export type ReturnAction = (typeof RETURN_ACTIONS)[number];
