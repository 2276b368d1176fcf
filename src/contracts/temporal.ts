import type { CheckoutOrder, CheckoutPolicy } from './checkout.ts';
import type { OrderStatus } from './order-status.ts';

/** Names that clients, workers and operators share in Temporal. Changing one orphans what is running. */
export const TASK_QUEUES = { checkout: 'checkout', notifications: 'notifications' } as const;

export const CHECKOUT_WORKFLOW = 'checkout';

export const checkoutWorkflowId = (orderId: string): string => `order/${orderId}`;

/** None of these may hold personal data. `OrderId` is a list since a group of orders shares a run. */
export const SEARCH_ATTRIBUTES = {
  orderId: { name: 'OrderId', type: 'KEYWORD_LIST' },
  orderStatus: { name: 'OrderStatus', type: 'KEYWORD' },
  needsAttention: { name: 'NeedsAttention', type: 'BOOL' },
} as const;

/** Key of the workflow's memo that keeps the body's hash until PostgreSQL has it. */
export const REQUEST_HASH_MEMO = 'requestHash';

export interface CheckoutInput {
  order: CheckoutOrder;
  policy: CheckoutPolicy;
}

export interface CheckoutResult {
  orderId: string;
  status: OrderStatus;
  reason?: string;
}

/** Update `cancel`: answers when the order has been cancelled, or with the status that makes it too late. */
export const CANCEL_UPDATE = 'cancel';

export interface CancelInput {
  reason?: string;
}

export interface CancelResult {
  cancelled: boolean;
  status: OrderStatus;
}

/** Signal `paymentEvent`: the provider has something new to say; the workflow asks it what. */
export const PAYMENT_EVENT_SIGNAL = 'paymentEvent';

export interface PaymentEventInput {
  paymentIntentId: string;
}

/** Query `status`: where the story stands, for people who look into the run. */
export const STATUS_QUERY = 'status';

/** Type of the failure by which the `cancel` validator refuses. */
export const TOO_LATE_FAILURE = 'TooLate';
