import type { OrderStatus } from '../order-status.ts';
import type {
  ChargeOutcome,
  CheckoutOrder,
  CheckoutPolicy,
  PaymentReference,
  StepOfRun,
} from './checkout.ts';
import type { ReviewInput } from './messages.ts';

/** Inputs and results of the workflows. Those of `refund`, `capture` and `cancellation` are in `operations.ts`. */
export interface CheckoutInput extends StepOfRun {
  order: CheckoutOrder;
  policy: CheckoutPolicy;
  /** Present if another run carried the order before: this one continues from where that one stopped. */
  handoff?: Handoff;
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
}

export interface ReturnedRefundInput extends PaymentReference {
  /** Minor units: of this refund, or, without a `refundId`, all that was refunded of the payment. */
  amount: number;
  refundId?: string;
  /** The payment provider's id of the refund that was returned. */
  providerRefundId: string;
}

export interface AuditInput {
  /** ISO 8601. Orders placed before this time are not compared. Absent: every order is. */
  since?: string;
}
