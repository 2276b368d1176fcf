import type { PaymentReference } from './checkout.ts';

/** The payments of an order that are known, of which the provider is asked. */
export interface KnownPayments {
  orderId: string;
  paymentIntentIds: string[];
  /** The captures that are not settled. The provider is asked whether it has made them. */
  captureIds?: string[];
}

/** A payment as the provider has it, with the refunds of it that have not failed. Minor units. */
export interface ProviderPaymentState extends PaymentReference {
  /** The same for each attempt to record this state: what an attempt has changed is returned again if its answer was lost. */
  requestId?: string;
  captured: number;
  /** Authorised and neither captured nor released. */
  capturable: number;
  /** `open`: it may still take money. Absent where only the amounts are known. */
  status?: 'open' | 'authorized' | 'succeeded' | 'cancelled';
  amount?: number;
  /** The provider has ended the authorisation because its time was over. */
  expired?: true;
  /** When the authorisation ends; ISO 8601. */
  captureBefore?: string;
  /** Absent where the provider was not asked for them. */
  refunds?: ProviderRefundState[];
  /** The provider's ids of the refunds that somebody else has made, and that have failed. */
  failedRefunds?: string[];
  /** The ids of the refunds of this service that have failed, and were not made again. */
  returnedRefunds?: string[];
  /** An operator has ended the reversal of this payment. */
  settledByHand?: 'skip' | 'resolve';
  /** A refund that is recorded as pending, and which the provider will not make. */
  refusedRefundId?: string;
  /** The same of a capture. */
  refusedCaptureId?: string;
  /** Whether the provider has made these captures, by their ids. Absent where it was not asked. */
  captures?: Record<string, boolean>;
}

export interface ProviderRefundState {
  /** The provider's own id. */
  providerRefundId: string;
  /** The id under which this service has requested it. */
  refundId?: string;
  /** This service has made it, perhaps without an id of its own, to reverse a payment. */
  ours?: true;
  amount: number;
}

/** All payments of an order that the provider has. */
export interface ProviderPayments {
  orderId: string;
  payments: ProviderPaymentState[];
}

/** What was recorded of a payment, and what has to follow. Minor units. */
export interface ReconciledPayment extends PaymentReference {
  /**
   * `undecided`: nothing is recorded; the order's own workflow decides about the payment. `busy`: nothing is recorded, because a capture or
   * the cancellation of the order is in progress.
   */
  outcome: 'undecided' | 'busy' | 'recorded';
  /** Of the order. */
  currency?: string;
  /** The payment holds money, or may still take some, that the order does not want. */
  release?: true;
  /** The payment has taken money that the order does not want: its refunds have to reach this sum. */
  refundTotal?: number;
  /** The pending refund of an order that is being cancelled: all that was captured and has not gone back. */
  refund?: { refundId: string; amount: number };
  /** The pending refund of money of cancelled lines that somebody else has captured. */
  unwanted?: { refundId: string; number: number; amount: number };
  /** How much of the order's refunds that have failed nobody has refunded instead, by the id of the refund. */
  notReplaced?: Record<string, number>;
  /** The numbers of the refunds that were found at the provider and recorded. */
  refunds?: number[];
  /** The order is paid, and its payment no longer holds the money that it held. */
  ended?: 'expired' | 'released';
  /** How much of the money it no longer holds. */
  missing?: number;
  /** How much more than was captured has gone back. */
  excess?: number;
  /** How much has come back of refunds that somebody else had made, and does not go back by itself. */
  returned?: number;
}
