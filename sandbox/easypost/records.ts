import type { FieldFailure } from './failure.ts';
import type { Scenario } from './scenario.ts';

/**
 * The records of the ledger. The names are EasyPost's; `render.ts` adds the members that are constant in the sandbox. Records are
 * immutable: a change creates a new record, so that events refer to the version of their time. Times are ISO 8601 in whole seconds.
 */
export interface AddressRecord {
  readonly object: 'Address';
  readonly id: string;
  readonly created_at: string;
  readonly name: string | null;
  readonly company: string | null;
  readonly street1: string | null;
  readonly street2: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly zip: string | null;
  readonly country: string;
  readonly phone: string | null;
  readonly email: string | null;
  readonly residential: boolean | null;
  /** Empty if the address was not verified. */
  readonly verifications: Readonly<Record<string, Verification>>;
}

export interface Verification {
  readonly success: boolean;
  readonly errors: readonly FieldFailure[];
  readonly details: object | null;
}

export interface RateRecord {
  readonly id: string;
  readonly created_at: string;
  readonly carrier: string;
  readonly service: string;
  /** Major units, as a decimal. */
  readonly rate: string;
  readonly currency: string;
  readonly delivery_days: number | null;
}

export const REFUND_STATUSES = ['submitted', 'refunded', 'rejected', 'not_applicable'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

export interface ShipmentRecord {
  readonly object: 'Shipment';
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly reference: string | null;
  readonly is_return: boolean;
  /** As in the request: a return's addresses are exchanged on its label. */
  readonly to_address: AddressRecord;
  readonly from_address: AddressRecord;
  readonly parcel: { readonly id: string; readonly weight: number };
  readonly messages: readonly { readonly carrier: string; readonly type: string; readonly message: string }[];
  readonly rates: readonly RateRecord[];
  readonly selected_rate: RateRecord | null;
  /** The label; null until it is bought. */
  readonly postage_label: { readonly id: string; readonly created_at: string } | null;
  readonly tracker: string | null;
  readonly refund_status: RefundStatus | null;
  readonly scenario: Scenario | null;
  /** When the carrier decides on the refund, in Unix milliseconds; null: only by command. */
  readonly moves_at: number | null;
}

export const TRACKER_STATUSES = [
  'unknown',
  'pre_transit',
  'in_transit',
  'out_for_delivery',
  'available_for_pickup',
  'delivered',
  'return_to_sender',
  'failure',
  'cancelled',
  'error',
] as const;
export type TrackerStatus = (typeof TRACKER_STATUSES)[number];

export interface Place {
  readonly city: string | null;
  readonly state: string | null;
  readonly country: string | null;
  readonly zip: string | null;
}

export interface TrackingDetail {
  readonly message: string;
  readonly status: TrackerStatus;
  readonly datetime: string;
  readonly place: Place;
}

export interface TrackerRecord {
  readonly object: 'Tracker';
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly tracking_code: string;
  readonly carrier: string;
  readonly status: TrackerStatus;
  readonly shipment_id: string | null;
  /** Ounces, as the carrier has measured them; null until then. */
  readonly weight: number | null;
  readonly is_return: boolean;
  readonly details: readonly TrackingDetail[];
  readonly from: Place;
  readonly to: Place;
  readonly scenario: Scenario | null;
  /** When the parcel moves on by itself, in Unix milliseconds; null: only by command. */
  readonly moves_at: number | null;
}

export type LedgerRecord = AddressRecord | ShipmentRecord | TrackerRecord;

export interface EventRecord {
  readonly id: string;
  readonly created_at: string;
  readonly description: 'tracker.created' | 'tracker.updated';
  readonly previous_attributes: Readonly<Record<string, string>>;
  /** The tracker at the time of the event. */
  readonly result: TrackerRecord;
}
