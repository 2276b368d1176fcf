import type { MailRequest } from '../http/mail.ts';
import type { LineQuantity } from '../http/shipments.ts';
import type { OrderStatus } from '../order-status.ts';
import type { CarriedStep } from './operations.ts';

export interface FulfilmentInput {
  orderId: string;
}

/** The input of the workflow. */
export interface FulfilmentRun extends FulfilmentInput {
  /** What the run before, which has continued as this one, had parked. */
  parked?: CarriedStep[];
}

export interface FulfilmentResult {
  orderId: string;
  status?: OrderStatus;
}

/** Pieces that are reserved for an order and missing at their location. */
export interface ShortPieces {
  sku: string;
  location: string;
  quantity: number;
}

/** A parcel that an operator has to look into. */
export interface TrackingProblem {
  shipmentId: string;
  number: number;
  /**
   * The carrier's status: `return_to_sender`, `failure` or `error`; of a cancelled shipment also `in_transit` and later ones. `silent`: the
   * carrier has said nothing new for three months.
   */
  reason: string;
  /** The name of the step, which no other problem has. Absent in plans of earlier versions: `trackShipment <number>`. */
  step?: string;
  /** The shipment is cancelled, and its parcel was sent all the same. */
  cancelled?: boolean;
}

/** What has to be done next for an order, as PostgreSQL has it. */
export interface FulfilmentPlan {
  orderId: string;
  /** Absent if PostgreSQL does not have the order. */
  status?: OrderStatus;
  /** Nothing is left to do, now and later. */
  done: boolean;
  short: ShortPieces[];
  /** Labels have to be bought. */
  buyLabels: boolean;
  /** Refunds of labels have to be requested, or asked for again. */
  refundLabels: boolean;
  /** The carrier has to be asked for trackers. */
  track: boolean;
  attention: TrackingProblem[];
  mails: Required<Pick<MailRequest, 'kind' | 'part'>>[];
  /** What was handed over and is not captured, in a shop that captures later. */
  capture?: { captureId: string; amount: number; final: boolean };
  /** Refunds of shipments that were lost. */
  refunds: { refundId: string; lines: LineQuantity[] }[];
  /** When the next of it is due; milliseconds from now. Absent: when something has changed. */
  nextInMs?: number;
}

/** Steps of fulfilment in our own PostgreSQL, like those in `ledger-steps.ts`: they run as local activities. */
export interface FulfilmentStepActivities {
  /** Plans the shipments of orders, closes those whose return window is over, and returns what has to be done next. */
  planFulfilment(orders: FulfilmentInput[]): Promise<FulfilmentPlan[]>;
  /** Takes pieces that are missing at their location from another location that has them. */
  allocateStock(orders: FulfilmentInput[]): Promise<void>;
}

/** Steps of fulfilment that call the carrier. Each reads from PostgreSQL what is due for the orders, and records what it has done. */
export interface CarrierActivities {
  /** Buys the label of each allocated shipment, once. Fails if the carrier refuses one: then an operator has to correct something. */
  buyLabel(orders: FulfilmentInput[]): Promise<void>;
  /** Requests the refunds of labels that are not used, or asks what became of them. */
  refundLabel(orders: FulfilmentInput[]): Promise<void>;
  /** Asks the carrier where the parcels are. A carrier that cannot be reached is asked again later. */
  trackShipments(orders: FulfilmentInput[]): Promise<void>;
}
