import type { FieldError } from '../errors.ts';

/** An address as in the order. A warehouse may have a phone number, which some services require. */
export interface CarrierAddress {
  readonly name: string;
  readonly line1: string;
  readonly line2?: string;
  readonly city: string;
  readonly state?: string;
  /** Absent in countries without postal codes. */
  readonly postalCode?: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  readonly phone?: string;
  readonly email?: string;
}

/** The fields of an address that the carrier may correct. */
export const CORRECTABLE_FIELDS = ['line1', 'line2', 'city', 'state', 'postalCode', 'country'] as const;
export type CorrectableField = (typeof CORRECTABLE_FIELDS)[number];

export type AddressVerification =
  | {
      readonly result: 'ok';
      /** What the carrier writes differently, apart from capitals; an empty text clears the field. */
      readonly corrections: Partial<Record<CorrectableField, string>>;
    }
  /** No parcel can be delivered there. `field` is a field of the address, such as `line1`, or `address`. */
  | { readonly result: 'refused'; readonly errors: readonly FieldError[] };

export interface ShipmentRequest {
  /** Our id of the shipment or the return. The carrier keeps it, and the shipment can be found by it. */
  readonly reference: string;
  /** Where the parcel starts. */
  readonly from: CarrierAddress;
  /** Where the parcel goes. */
  readonly to: CarrierAddress;
  readonly parcel: { readonly weightGrams: number };
  /** The customer sends the parcel back: `from` is the customer and `to` the warehouse. */
  readonly isReturn?: boolean;
}

/** The price of one service for one shipment. */
export interface Rate {
  readonly rateId: string;
  /** For example `USPS`. */
  readonly carrier: string;
  /** For example `Priority`. */
  readonly service: string;
  /** Minor units of `currency`. */
  readonly amount: number;
  readonly currency: string;
  /** Absent if the carrier does not estimate it. */
  readonly deliveryDays?: number;
}

export interface CreatedShipment {
  readonly carrierShipmentId: string;
  /** At least one. */
  readonly rates: readonly Rate[];
}

export interface LabelRequest {
  readonly carrierShipmentId: string;
  /** `cheapest`, `fastest`, or one service of a carrier, such as `USPS/Priority`. */
  readonly service: string;
}

export interface Label {
  readonly carrier: string;
  readonly service: string;
  readonly trackingCode: string;
  readonly trackingUrl?: string;
  readonly trackerId: string;
  readonly labelUrl: string;
  /** What the label costs, in minor units of `currency`. */
  readonly cost: number;
  readonly currency: string;
}

/**
 * `submitted`: the carrier decides later. `rejected`: the carrier refused, and may accept a later request. `not_applicable`: the label
 * costs nothing that could be refunded.
 */
export const LABEL_REFUNDS = ['submitted', 'refunded', 'rejected', 'not_applicable'] as const;
export type LabelRefund = (typeof LABEL_REFUNDS)[number];

/** A shipment in the carrier's records. */
export interface CarrierShipment {
  readonly carrierShipmentId: string;
  /** Absent on shipments that others created in the same account. */
  readonly reference?: string;
  readonly isReturn: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Absent until the label is bought. It stays after the label was refunded. */
  readonly label?: Label;
  /** Absent if no refund of the label was requested. */
  readonly refund?: LabelRefund;
}

/** The statuses of a tracker, in EasyPost's words. */
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

/** One report of the carrier about a parcel. */
export interface TrackerDetail {
  /** ISO 8601. */
  readonly at: string;
  readonly status: TrackerStatus;
  readonly message?: string;
  readonly city?: string;
  /** As the carrier writes it, usually ISO 3166-1 alpha-2. */
  readonly country?: string;
}

export interface Tracker {
  readonly trackerId: string;
  readonly trackingCode: string;
  readonly carrier?: string;
  readonly status: TrackerStatus;
  readonly trackingUrl?: string;
  /** Oldest first. */
  readonly details: readonly TrackerDetail[];
}

/**
 * The carrier, or the service that buys the labels of many carriers. Every method throws {@link CarrierRefused} for what the carrier
 * will never do, and {@link CarrierUnavailable} if it cannot be reached or the outcome is unknown: then the call may be repeated.
 */
export interface Carrier {
  verifyAddress(address: CarrierAddress): Promise<AddressVerification>;
  /**
   * Creates a shipment and returns its rates. It costs nothing, and a shipment that was created twice does no harm: only the one whose id
   * is kept is bought. After an unknown outcome {@link findShipment} may find it by its reference.
   */
  createShipment(request: ShipmentRequest): Promise<CreatedShipment>;
  /**
   * Buys the label of a shipment once: returns the label that the shipment has already. Safe to repeat one after another; two calls at
   * the same time are safe because the carrier refuses the second. A shipment whose label was refunded is refused (`label_refunded`):
   * create another.
   */
  buyLabel(request: LabelRequest): Promise<Label>;
  /** Finds a shipment by the carrier's id or by our reference. With several of one reference, any of them. */
  findShipment(
    by: { carrierShipmentId: string } | { reference: string },
  ): Promise<CarrierShipment | undefined>;
  /** Requests the refund of a label that was not used, or returns the state of the refund requested before. Safe to repeat. */
  refundLabel(carrierShipmentId: string): Promise<LabelRefund>;
  retrieveTracker(trackerId: string): Promise<Tracker>;
  /**
   * Begins to track a parcel whose label was bought elsewhere. The same code and carrier again within three months return the same
   * tracker, even for another parcel.
   */
  createTracker(request: { trackingCode: string; carrier?: string }): Promise<Tracker>;
  /**
   * The shipments with a label that were created since then, or up to a day before, newest first. One may be listed twice.
   *
   * @param until only those that were created until then. Default: all
   */
  listShipments(since: Date, until?: Date): AsyncIterable<CarrierShipment[]>;
}

/**
 * The carrier refuses the request: the address does not exist, no service goes there, the account lacks funds. Repeating it changes
 * nothing; an operator has to decide. `message` has no personal data; `errors` may quote the address, so they belong into PostgreSQL only.
 */
export class CarrierRefused extends Error {
  /** The carrier's, for example `PAYMENT_REQUIRED`, or one of ours: `no_rates`, `no_such_service`, `label_refunded`, `customs_required`. */
  readonly code: string;
  /** The carrier's reasons. `field` is a field of the address, or a name of the carrier's. */
  readonly errors: readonly FieldError[];

  constructor(code: string, errors: readonly FieldError[] = []) {
    super(`The carrier refuses the request (${code})`);
    this.name = 'CarrierRefused';
    this.code = code;
    this.errors = errors;
  }
}

/** The carrier cannot be reached, has failed, or limits the rate of requests. The outcome may be unknown; the call may be repeated. */
export class CarrierUnavailable extends Error {
  /** @param reason a status, a code of the carrier or of the network; no personal data */
  constructor(reason: string) {
    super(`The carrier is unavailable (${reason})`);
    this.name = 'CarrierUnavailable';
  }
}
