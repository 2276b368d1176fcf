import type { OrderStatus } from '../order-status.ts';
import type { ChargeOutcome, CheckoutOrder, CheckoutPolicy, PaymentReference } from './checkout.ts';

/** Inputs and results of the workflows. Those of `refund`, `capture` and `cancellation` are in `operations.ts`. */
export interface CheckoutInput {
  order: CheckoutOrder;
  policy: CheckoutPolicy;
  /** Present if the order was in a group before: this workflow continues from where the group stopped. */
  handoff?: GroupHandoff;
}

export interface CheckoutResult {
  orderId: string;
  status: OrderStatus;
  /** A stable code. */
  reason?: string;
}

/** What a group knows of an order that it hands to a workflow of the order's own. */
export interface GroupHandoff {
  /** Workflow id of the group. */
  workflowId: string;
  /** The group may have asked the payment provider to charge the order. */
  mayHaveCharged: boolean;
  /** The provider's response, where the group received it. */
  charge?: ChargeOutcome;
  /** Payment intents that the group received payment events of and has not forwarded. */
  paymentIntentIds: string[];
  /** Present if the group was cancelled, which cancels the order. */
  cancelReason?: string;
}

export interface GroupInput {
  /** Oldest first. */
  orders: CheckoutOrder[];
  policy: CheckoutPolicy;
}

/** The number of orders by final status. `detached`: the orders that continue in a workflow of their own. */
export type GroupResult = Partial<Record<OrderStatus | 'detached', number>>;

export interface LatePaymentInput {
  orderId: string;
  paymentIntentId: string;
}

/** More payments of the order come by the signal `paymentEvent`. */
export interface ReconciliationInput {
  orderId: string;
}

export interface ReturnedRefundInput extends PaymentReference {
  /** Minor units: of this refund, or, without a `refundId`, all that was refunded of the payment. */
  amount: number;
  refundId?: string;
  /** The payment provider's id of the refund that was returned. */
  providerRefundId: string;
}

export interface AuditInput {
  /** ISO 8601. Orders placed before this time are not compared, unless something of them is undecided or has changed since. Absent: as configured. */
  since?: string;
}
