import type { GivenBy } from '../actor.ts';
import type { OrderResult, PaymentReference } from './checkout.ts';

/** A dispute as the payment provider says it is. Times are ISO 8601. */
export interface ProviderDispute {
  disputeId: string;
  /** Minor units. */
  amount: number;
  /** Upper case: EUR. */
  currency: string;
  /** The provider's code, for example `product_not_received`. */
  reason: string;
  /** One of `DISPUTE_STATUSES`, or a newer one of the provider. */
  status: string;
  /** Until when evidence is taken. */
  evidenceDueAt?: string;
  /** The amount was taken from the shop's balance, and was not given back. */
  fundsWithdrawn: boolean;
  openedAt: string;
}

/** All disputes of a payment, as the provider has them. */
export interface ReadDisputes {
  paymentIntentId: string;
  /** Absent: another system has made the payment. */
  orderId?: string;
  disputes: ProviderDispute[];
  /** When the provider was asked, ISO 8601. */
  asOf: string;
}

/** All disputes of a payment of an order. */
export type PaymentDisputes = ReadDisputes & PaymentReference;

export interface RecordedDisputes extends OrderResult {
  /** The provider was asked earlier than for what is recorded, which differs: nothing was changed, and it has to be asked again. */
  outdated?: true;
}

export interface DisputesInput {
  paymentIntentId: string;
  /** Absent: the payment is not recorded here, and the provider is asked for its order. */
  orderId?: string;
}

/** What the signal of the workflow says: a payment event, or an operator's request to ask the provider again. */
export interface DisputesChangedInput {
  retry?: GivenBy & { note?: string };
}

/** `ignored`: the payment is of no order that is known here. */
export type DisputesResult = 'recorded' | 'ignored';
