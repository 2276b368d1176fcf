import type { FailedStatus, OrderStatus } from '../order-status.ts';
import type { OrderRequest, PaymentStatus } from '../http/order.ts';

/** An accepted order as it travels: what the caller sent, whose it is, and what its id was derived from. */
export interface CheckoutOrder {
  orderId: string;
  clientId: string;
  /** SHA-256 of the canonical body, hexadecimal. */
  requestHash: string;
  /** When the request arrived; ISO 8601 with milliseconds. Response times are measured from here. */
  placedAt: string;
  /** The order was asked for earlier, and is not begun before this; ISO 8601. */
  notBefore?: string;
  request: OrderRequest;
}

/** Settings that an order keeps for its whole life, however the configuration changes meanwhile. */
export interface CheckoutPolicy {
  /** How long the customer has to authenticate a payment, in milliseconds. */
  paymentDeadlineMs: number;
  /** `later`: the payment is authorised at checkout and captured when the shop asks for it. Absent: at once. */
  capture?: 'later';
  /** Which orders wait for a person before they are charged. Absent: none. */
  review?: ReviewPolicy;
}

export interface ReviewPolicy {
  /** An order of a higher total waits; minor units by currency. */
  above: Readonly<Record<string, number>>;
  /** An order of more pieces of one item waits. */
  quantityAbove?: number;
  /** An order shipped to one of these countries (ISO 3166-1 alpha-2) waits. */
  countries: readonly string[];
  /** How long it waits before it expires, in milliseconds. */
  deadlineMs: number;
}

/** What PostgreSQL says an order is, after a step that may or may not have changed it. */
export interface OrderResult {
  orderId: string;
  status: OrderStatus;
  /** A stable code, for example `out_of_stock:mug-01` or `card_declined`. */
  reason?: string;
  /** Minor units. */
  total: number;
  currency: string;
  /** Another workflow has this order, and whoever asked has not. */
  ownedBy?: string;
  /** It was paid, and has gone on since: shipped, refunded, or cancelled after that. */
  wasPaid?: boolean;
  /** It existed before it was asked to be reserved. */
  repeated?: boolean;
}

/** What is to be reserved, and for which workflow. */
export interface ReservationRequest extends CheckoutOrder {
  /** Absent: the order's own. */
  workflowId?: string;
  /** The workflow of the group that the order has left, if it has. */
  from?: string;
}

/** What is known of an order's payment; the money record in PostgreSQL is written from it. */
export interface PaymentRecord {
  /** The number of the payment try, from 1. */
  attempt: number;
  status: PaymentStatus;
  paymentIntentId?: string;
  /** Minor units. */
  captured?: number;
  /** Minor units. */
  refunded?: number;
  /** Authorised and not captured yet; minor units. */
  capturable?: number;
  /** When the authorisation ends by itself; ISO 8601. */
  captureBefore?: string;
  declineCode?: string;
  clientSecret?: string;
  nextActionUrl?: string;
  /** An operator has settled by hand what the provider would not do; the audit takes their word for it. */
  settledByHand?: 'skip' | 'resolve';
}

export interface ChargeRequest {
  orderId: string;
  attempt: number;
  /** Minor units. */
  amount: number;
  currency: string;
  paymentMethod: string;
  /** When the order was placed: no payment of it can be older. ISO 8601. */
  placedAt: string;
  /** This attempt may have reached the provider already, so it is asked first what became of it. */
  triedBefore: boolean;
  /** So much later that the provider may have forgotten the key: nothing but the look-up stands against a second charge. */
  keyForgotten?: boolean;
  /** `later`: the money is authorised and not taken. */
  capture?: 'later';
}

/**
 * What became of a charge. `none` means that the provider was asked and has moved no money, and never will under this
 * attempt's key: only then may the next attempt be made.
 */
export type ChargeOutcome = { orderId: string } & (
  | { status: 'succeeded'; paymentIntentId: string; captured: number }
  /** Not taken yet, or taken in part (`captured`), where the shop captures later. */
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
  | { status: 'cancelled'; paymentIntentId: string }
  | { status: 'none' }
);

/** A payment that exists at the provider. */
export interface PaymentReference {
  orderId: string;
  paymentIntentId: string;
}

export interface RefundRequest extends PaymentReference {
  /** Minor units. Without a `refundId`: what has gone back in all when it is done; with one: of this refund. */
  amount: number;
  /** Of a refund beside others of the same payment: asked for twice, it is one refund. */
  refundId?: string;
}

export interface RefundOutcome {
  orderId: string;
  /** In all, minor units. */
  refunded: number;
}

export interface CaptureRequest extends PaymentReference {
  /** Asked for twice, it is one capture. */
  captureId: string;
  /** Minor units. */
  amount: number;
  /** No other capture follows: what is left of the authorisation is released. */
  final: boolean;
}

/** `expired`: the authorisation has ended, and nothing was taken by this capture. */
export type CaptureOutcome = { orderId: string } & (
  | { status: 'captured'; captured: number; capturable: number }
  | { status: 'expired' }
  | { status: 'refused'; code: string }
);

export interface PaymentConfirmation {
  orderId: string;
  payment: PaymentRecord;
}

export interface WaitingUpdate {
  orderId: string;
  status: 'awaiting_customer' | 'payment_unknown';
  payment: PaymentRecord;
}

export interface StockRelease {
  orderId: string;
  status: FailedStatus;
  /** A stable code. */
  reason: string;
  payment?: PaymentRecord;
  /** The whole order: if it was never reserved, it is written down in its end status. Absent where it is known to be reserved. */
  order?: CheckoutOrder;
}

/**
 * How far the payment of an order in a group came within the time that its group has for it. `open`: the order goes on by
 * itself, with the `charge` where its outcome is known; where it is not, the provider may have been asked.
 */
export type GroupedCharge = { orderId: string } & (
  { status: Extract<OrderStatus, 'paid' | 'payment_failed'> } | { status: 'open'; charge?: ChargeOutcome }
);
