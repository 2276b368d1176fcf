import type { Actor, GivenBy } from '../actor.ts';
import type { OrderStatus } from '../order-status.ts';
import type { FailedStatus } from '../order-status.ts';
import type {
  ChargeOutcome,
  CheckoutOrder,
  CheckoutPolicy,
  OrderResult,
  PaymentRecord,
  PaymentReference,
  StepOfRun,
} from './checkout.ts';
import type { ReviewInput } from './messages.ts';
import type { CarriedOperation, CarriedSteps } from './operations.ts';

/** Inputs and results of the workflows. Those of `refund`, `capture` and `cancellation` are in `operations.ts`. */
export interface CheckoutInput extends StepOfRun {
  order: CheckoutOrder;
  policy: CheckoutPolicy;
  /** Present if another run carried the order before: this one continues from where that one stopped. */
  handoff?: Handoff;
  /** Present if the run before has continued as this one. */
  carried?: CarriedCheckout;
}

/** What updates and signals have asked of a checkout. */
export interface CarriedRequests {
  /** The payments that there were events of. */
  paymentIntentIds: string[];
  cancelReason?: string;
  cancelActor?: Actor;
  review?: ReviewInput;
}

/** How an order fails: its final status, the reason, its payment so far, and who has asked for it, if somebody has. */
export interface FailedOrder extends GivenBy {
  status: FailedStatus;
  reason: string;
  /** In the words of who has asked for it, where the reason is a code. */
  note?: string;
  payment?: PaymentRecord;
}

/** How far the checkout of an order has come. What is absent is still to be done, or was not needed. Times are Unix milliseconds. */
export interface CheckoutPosition {
  reserved?: OrderResult;
  /** The order waits for its review, or was reviewed. */
  reviewUntil?: number;
  /** The payment attempt, from the first charge until its outcome is certain. */
  charge?: {
    attempt: number;
    /** What the provider has said of it. Absent: it may have been charged. */
    outcome?: ChargeOutcome;
    /** It is recorded that the order waits for it. */
    isRecorded?: boolean;
    /** How often a payment that the provider has not decided was asked for. */
    round?: number;
    customerUntil?: number;
  };
  /** The order is charged, or needs no payment. */
  payment?: PaymentRecord;
  /** The order has failed, and what was done for it is undone. */
  failed?: FailedOrder;
  /** The money of the failed order is dealt with. */
  isReversed?: boolean;
  /** Nothing is left but mails. */
  result?: ProcessedOrder;
}

/** What the next run of a checkout takes over. */
export interface CarriedCheckout extends CarriedSteps {
  requests: CarriedRequests;
  position: CheckoutPosition;
  /** What was shown of the order. */
  shown: { status: OrderStatus; createdSent: boolean };
}

/** The result of a checkout, and the payment that the order ended with. */
export interface ProcessedOrder extends CheckoutResult {
  paymentIntentId?: string;
}

export interface CheckoutResult {
  orderId: string;
  status: OrderStatus;
  /** A stable code. */
  reason?: string;
}

/** What is known of an order that a new run takes over: from its group, which hands it over, or from a run that is gone. */
export interface Handoff {
  /** Workflow id of the group. Absent: the order was taken over already, because its run was gone. */
  workflowId?: string;
  /** The payment provider may have been asked to charge the order. */
  mayHaveCharged: boolean;
  /** The provider's response, where the group received it. */
  charge?: ChargeOutcome;
  /** The payment attempt that the run which is gone had come to. Absent: the first. */
  attempt?: number;
  /** Payment intents that the group received payment events of and has not forwarded. */
  paymentIntentIds: string[];
  /** Present if the group was cancelled, which cancels the order. */
  cancelReason?: string;
  /** The reviewer's decision, where PostgreSQL has one. */
  review?: ReviewInput;
}

export interface GroupInput {
  /** Oldest first. */
  orders: CheckoutOrder[];
  policy: CheckoutPolicy;
  /** The epoch of each order that does not have the first, by its id. */
  epochs?: Readonly<Record<string, number>>;
}

/** The number of orders by final status. `detached`: the orders that continue in a workflow of their own. */
export type GroupResult = Partial<Record<OrderStatus | 'detached', number>>;

export interface LatePaymentInput {
  orderId: string;
  paymentIntentId: string;
  /** Present if the run before has continued as this one. */
  carried?: CarriedOperation;
}

/** More payments of the order come by the signal `paymentEvent`. */
export interface ReconciliationInput {
  orderId: string;
  /** Present if the run before has continued as this one. */
  carried?: CarriedOperation;
}

export interface ReturnedRefundInput extends PaymentReference {
  /** Present if the run before has continued as this one. */
  carried?: CarriedOperation;
  /** Minor units: of this refund, or, without a `refundId`, all that was refunded of the payment. */
  amount: number;
  refundId?: string;
  /** The payment provider's id of the refund that was returned. */
  providerRefundId: string;
}

export interface AuditInput extends GivenBy {
  /** ISO 8601. Orders placed before this time are not compared, unless something of them is undecided or has changed since. Absent: as configured. */
  since?: string;
}
