import type { FailedStatus, OrderStatus } from './order-status.ts';
import type { OrderRequest, PaymentStatus } from './order.ts';

/** An accepted order as it travels: what the caller sent, whose it is, and what its id was derived from. */
export interface CheckoutOrder {
  orderId: string;
  clientId: string;
  /** SHA-256 of the canonical body, hexadecimal. */
  requestHash: string;
  /** When the request arrived; ISO 8601 with milliseconds. Response times are measured from here. */
  placedAt: string;
  request: OrderRequest;
}

/** Settings that an order keeps for its whole life, however the configuration changes meanwhile. */
export interface CheckoutPolicy {
  /** How long the customer has to authenticate a payment, in milliseconds. */
  paymentDeadlineMs: number;
}

/** What PostgreSQL says an order is, after a step that may or may not have changed it. */
export interface OrderAnswer {
  orderId: string;
  status: OrderStatus;
  /** A stable code, for example `out_of_stock:mug-01` or `card_declined`. */
  reason?: string;
  /** Minor units. */
  total: number;
  currency: string;
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
  declineCode?: string;
  clientSecret?: string;
  nextActionUrl?: string;
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
}

/**
 * What became of a charge. `none` means that the provider was asked and has moved no money, and never will under this
 * attempt's key: only then may the next attempt be made.
 */
export type ChargeOutcome = { orderId: string } & (
  | { status: 'succeeded'; paymentIntentId: string; captured: number }
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
  /** Minor units. */
  amount: number;
}

export interface RefundOutcome {
  orderId: string;
  /** In all, minor units. */
  refunded: number;
}

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
  /** The whole order: if it was never reserved, it is written down in its end status. */
  order: CheckoutOrder;
}
