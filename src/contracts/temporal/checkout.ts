import type { FailedStatus, OrderStatus } from '../order-status.ts';
import type { OrderRequest, PaymentStatus } from '../http/order.ts';

/** An accepted order: the request as the client sent it, and what its id was derived from. */
export interface CheckoutOrder {
  orderId: string;
  clientId: string;
  /** SHA-256 of the canonical body, hexadecimal. */
  requestHash: string;
  /** When the request arrived; ISO 8601 with milliseconds. Response times are measured from this time. */
  placedAt: string;
  /** The order is not started before this time; ISO 8601. Absent: it starts at once. */
  notBefore?: string;
  /**
   * The reason of a cancellation that arrived before the order, which is cancelled before it is charged; or of one that a run before had
   * accepted, and was gone before it was done.
   */
  cancelReason?: string;
  /**
   * The unit prices at which the order was accepted, by SKU; minor units. Set for an order that starts later, whatever the prices are by
   * then. Absent: the prices when the stock is reserved.
   */
  prices?: Readonly<Record<string, number>>;
  /** Where the order was placed in its trace, as the W3C writes it. Absent: it has no trace. */
  traceparent?: string;
  request: OrderRequest;
}

/** Settings that an order keeps until it ends, even if the configuration changes meanwhile. */
export interface CheckoutPolicy {
  /** How long the customer has to authenticate a payment; milliseconds. */
  paymentDeadlineMs: number;
  /** `later`: the payment is authorised at checkout and captured when the shop asks for it. Absent: it is captured at checkout. */
  capture?: 'later';
  /** How an order is split that no location has all of. Absent: by the order of the locations. */
  allocation?: Allocation;
  /** Which orders wait for a reviewer before they are charged. Absent: none. */
  review?: ReviewPolicy;
}

/** Which location is tried first: the one that has most of what is still needed. */
export type Allocation = 'most_stock';

export interface ReviewPolicy {
  /** An order with a higher total waits; minor units by currency. */
  above: Readonly<Record<string, number>>;
  /** An order with more units of one item waits. */
  quantityAbove?: number;
  /** An order shipped to one of these countries (ISO 3166-1 alpha-2) waits. */
  countries: readonly string[];
  /** How long an order waits for its review before it expires; milliseconds. */
  deadlineMs: number;
}

/** An order as PostgreSQL has it after a step, whether or not the step changed it. */
export interface OrderResult {
  orderId: string;
  status: OrderStatus;
  /** A stable code, for example `out_of_stock:mug-01` or `card_declined`. */
  reason?: string;
  /** Minor units. */
  total: number;
  currency: string;
  /** Id of the workflow that carries this order, if it is not the one that ran the step, or if it is a later run of the same id. */
  ownedBy?: string;
  /** The order was paid, and is in a later status now: shipped, refunded, or cancelled after it was paid. */
  wasPaid?: boolean;
  /** The order existed before this reservation was requested. */
  repeated?: boolean;
}

/** The epoch of the first run of an order. A run of release 0.2 has none, which counts as this one. */
export const FIRST_EPOCH = 1;

/**
 * The run that sends a step. Each time that an order passes to another run its epoch grows, and PostgreSQL refuses the steps of a run
 * with a lower one.
 */
export interface StepOfRun {
  /** Absent: the first, as in release 0.2. */
  epoch?: number;
}

/** An order, and the run that carries it. */
export interface RunOfOrder extends StepOfRun {
  orderId: string;
}

/** An order to reserve stock for, and the workflow that carries it. */
export interface ReservationRequest extends CheckoutOrder, StepOfRun {
  /** Id of the workflow that carries the order. Absent: the order's own workflow. */
  workflowId?: string;
  /** Id of the group that the order was detached from, if it was in one. */
  from?: string;
  allocation?: Allocation;
}

/** The state of an order's payment, from which the payment row in PostgreSQL is written. */
export interface PaymentRecord {
  /** The number of the payment attempt, from 1. */
  attempt: number;
  status: PaymentStatus;
  paymentIntentId?: string;
  /** Minor units. */
  captured?: number;
  /** Minor units. */
  refunded?: number;
  /** Authorised and not captured yet; minor units. */
  capturable?: number;
  /** When the authorisation expires; ISO 8601. */
  captureBefore?: string;
  declineCode?: string;
  clientSecret?: string;
  nextActionUrl?: string;
  /** An operator skipped or resolved a void or refund that failed. The audit accepts that decision. */
  settledByHand?: 'skip' | 'resolve';
}

export interface ChargeRequest extends StepOfRun {
  orderId: string;
  attempt: number;
  /** Minor units. */
  amount: number;
  currency: string;
  paymentMethod: string;
  /** When the order was placed; ISO 8601. None of its payments can be older. */
  placedAt: string;
  /** An earlier request of this attempt may have reached the provider, which is therefore asked for an existing payment first. */
  triedBefore: boolean;
  /** The provider may no longer know the idempotency key, so that only the search for an existing payment prevents a second charge. */
  keyForgotten?: boolean;
  /** Payments of the order that PostgreSQL knows, which are read before any are searched. */
  paymentIntentIds?: string[];
  /** `later`: the payment is authorised and not captured. */
  capture?: 'later';
  /** That of the order. */
  traceparent?: string;
}

/**
 * The outcome of a charge. `none` means that the provider has moved no money and never will under this attempt's
 * idempotency key. The next attempt may be made only after `none`.
 */
export type ChargeOutcome = { orderId: string } & (
  | { status: 'succeeded'; paymentIntentId: string; captured: number }
  /** Not captured yet, or captured in part (`captured`), where the shop captures later. */
  | {
      status: 'authorized';
      paymentIntentId: string;
      captured: number;
      capturable: number;
      captureBefore?: string;
    }
  | { status: 'declined'; paymentIntentId?: string; declineCode: string }
  | { status: 'requires_action'; paymentIntentId: string; clientSecret?: string; nextActionUrl?: string }
  | { status: 'processing'; paymentIntentId: string }
  /** `ending`: what this service has cancelled it for, where that is known. */
  | { status: 'cancelled'; paymentIntentId: string; ending?: VoidedFor }
  | { status: 'none' }
);

/** A payment that exists at the provider. */
export interface PaymentReference {
  orderId: string;
  paymentIntentId: string;
}

/** The end of the order that its payment is voided for. */
export type VoidedFor = 'cancelled' | 'expired';

export interface VoidRequest extends PaymentReference {
  /** The provider keeps it with the payment, for a later run that finds it cancelled. Absent: any other end, or none. */
  ending?: VoidedFor;
}

export interface RefundRequest extends PaymentReference {
  /** Minor units. With a `refundId`: the amount of this refund. Without: the total refunded of the payment when it is done. */
  amount: number;
  /** Set where a payment has several refunds. Two requests with the same id make one refund. */
  refundId?: string;
  /**
   * Somebody else may have made this refund at the provider since this time, in ISO 8601: then it is not made. Absent: what others have
   * refunded is another refund.
   */
  unlessMadeSince?: string;
}

export interface RefundOutcome {
  orderId: string;
  /** The total refunded of the payment; minor units. */
  refunded: number;
}

export interface CaptureRequest extends PaymentReference {
  /** Two requests with the same id make one capture. */
  captureId: string;
  /** Minor units. */
  amount: number;
  /** No other capture follows: the rest of the authorisation is released. */
  final: boolean;
}

/** `expired`: the authorisation has expired, and this capture has taken nothing. */
export type CaptureOutcome = { orderId: string } & (
  | { status: 'captured'; captured: number; capturable: number }
  | { status: 'expired' }
  /** Somebody else has captured or released the payment; `captured` is all that was taken of it, in minor units. */
  | { status: 'ended'; captured: number }
  | { status: 'refused'; code: string }
);

export interface PaymentConfirmation extends StepOfRun {
  orderId: string;
  payment: PaymentRecord;
}

export interface WaitingUpdate extends StepOfRun {
  orderId: string;
  status: 'awaiting_customer' | 'payment_unknown';
  payment: PaymentRecord;
}

export interface StockRelease extends StepOfRun {
  orderId: string;
  status: FailedStatus;
  /** A stable code. */
  reason: string;
  payment?: PaymentRecord;
  /** Inserted in its final status if the order was never reserved. Absent where the order is known to be reserved. */
  order?: CheckoutOrder;
}

/**
 * The payment of an order in a group, after the time that the group waits for it. `open`: the order is neither paid nor
 * declined and continues in a workflow of its own. Its `charge` is present if the provider responded; if it is absent, the
 * provider may have charged the order. `superseded`: another run carries the order.
 */
export type GroupedCharge = { orderId: string } & (
  | { status: Extract<OrderStatus, 'paid' | 'payment_failed'> | 'superseded' }
  | { status: 'open'; charge?: ChargeOutcome }
);
