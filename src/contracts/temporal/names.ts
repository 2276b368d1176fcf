import type { ChargeOutcome, CheckoutOrder, CheckoutPolicy, PaymentReference } from './checkout.ts';
import type {
  AttentionAction,
  CancellationCommand,
  CaptureCommand,
  RefundResult,
  RefundCommand,
  CaptureResult,
  ReviewDecision,
} from './operations.ts';
import type { OrderStatus } from '../order-status.ts';

/** Names that clients, workers and operators share in Temporal. Changing one orphans what is running. */
export const TASK_QUEUES = {
  checkout: 'checkout',
  notifications: 'notifications',
  webhooks: 'webhooks',
} as const;

export const CHECKOUT_WORKFLOW = 'checkout';

export const checkoutWorkflowId = (orderId: string): string => `order/${orderId}`;

/** Operations on an order that is paid; each is a workflow of its own. */
export const REFUND_WORKFLOW = 'refund';
export const CANCELLATION_WORKFLOW = 'cancellation';
export const CAPTURE_WORKFLOW = 'capture';
export const LATE_PAYMENT_WORKFLOW = 'latePayment';
export const RETURNED_REFUND_WORKFLOW = 'returnedRefund';

/** `refundId` begins with the order's id. */
export const refundWorkflowId = (refundId: string): string => `order/${refundId}`;
export const cancellationWorkflowId = (orderId: string): string => `order/${orderId}/cancellation`;
export const captureWorkflowId = (captureId: string): string => `order/${captureId}`;
export const latePaymentWorkflowId = (orderId: string, paymentIntentId: string): string =>
  `order/${orderId}/late-payment/${paymentIntentId}`;

/** Compares all books with each other: `audit/<auditId>`, begun by somebody or by the schedule. */
export const AUDIT_WORKFLOW = 'audit';
export const AUDIT_SCHEDULE = 'audit-nightly';

export const auditWorkflowId = (auditId: string): string => `audit/${auditId}`;
export const auditIdOf = (workflowId: string): string => workflowId.replace(/^audit\//, '');

export interface AuditInput {
  /** ISO 8601: orders placed before it are left out. Absent: every order. */
  since?: string;
}

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
  /** The order began in a group, and goes on from where it stood there. */
  from?: GroupHandoff;
}

/** What an order brings along from the group that it has left. */
export interface GroupHandoff {
  workflowId: string;
  /** The payment provider may have been asked. */
  charged: boolean;
  /** What it has said. */
  charge?: ChargeOutcome;
  /** Payments that news came of meanwhile. */
  news: string[];
  /** The group was cancelled, and the order with it. */
  cancelReason?: string;
}

/** Orders that have arrived together, as one workflow. */
export const GROUP_WORKFLOW = 'checkoutGroup';

export const groupWorkflowId = (token: string): string => `group/${token}`;
export const isGroupWorkflowId = (workflowId: string): boolean => workflowId.startsWith('group/');

export interface GroupInput {
  /** Oldest first. */
  orders: CheckoutOrder[];
  policy: CheckoutPolicy;
}

/** How many of its orders had which end; `left`: they went on by themselves. */
export type GroupResult = Partial<Record<OrderStatus | 'detached', number>>;

/** Update `leave` of a group: answers when the order has a workflow of its own (true), or has been settled (false). */
export const DETACH_UPDATE = 'detach';

export interface DetachInput {
  orderId: string;
}

/** Type of the failure by which the `leave` validator refuses an order that is not in this group. */
export const NOT_IN_GROUP_FAILURE = 'NotInGroup';

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

/** Update `review` of an order that waits for one: answers when the decision is written down. */
export const REVIEW_UPDATE = 'review';

export interface ReviewInput {
  decision: ReviewDecision;
  /** The reviewer's own words. */
  note?: string;
}

/** Type of the failure by which the `review` validator refuses. */
export const NOT_IN_REVIEW_FAILURE = 'NotInReview';

/** Update `attend` of every workflow that has parked a step: answers when the operator's wish is written down. */
export const RESOLVE_STEP_UPDATE = 'resolveStep';

export interface ResolveStepInput {
  step: string;
  action: AttentionAction;
  note?: string;
}

/** Types of the failures by which the `attend` validator refuses. */
export const NOT_PARKED_FAILURE = 'NotParked';
export const ACTION_NOT_POSSIBLE_FAILURE = 'ActionNotPossible';

/** Update `outcome` of an operation: answers as soon as it is refused, done, or parked. */
export const OUTCOME_UPDATE = 'outcome';

/** `parked`: it goes on, and waits for an operator. */
export interface OperationOutcome<Answer> {
  state: 'done' | 'parked';
  /** Absent where it was parked before anything was known. */
  answer?: Answer;
}

export type RefundOutcomeResult = OperationOutcome<RefundResult>;
export type CaptureOutcomeResult = OperationOutcome<CaptureResult>;
export type CancellationOutcomeResult = OperationOutcome<CancelResult>;

export type RefundInput = RefundCommand;
export type CaptureInput = CaptureCommand;
export type CancellationInput = CancellationCommand;

export const returnedRefundWorkflowId = (orderId: string, providerRefundId: string): string =>
  `order/${orderId}/returned-refund/${providerRefundId}`;

export interface ReturnedRefundInput extends PaymentReference {
  /** Minor units; without a `refundId`: what had gone back in all. */
  amount: number;
  refundId?: string;
  /** The provider's own id of the refund that came back. */
  providerRefundId: string;
}

export interface LatePaymentInput {
  orderId: string;
  paymentIntentId: string;
}

/** Signal `paymentEvent`: the provider has something new to say; the workflow asks it what. */
export const PAYMENT_EVENT_SIGNAL = 'paymentEvent';

export interface PaymentEventInput {
  paymentIntentId: string;
}

/** The same signal to a group, which has to be told whose payment it is. */
export type GroupPaymentEventInput = PaymentReference;

/** Query `status`: where the story stands, for people who look into the run. */
export const STATUS_QUERY = 'status';

/** Type of the failure by which the `cancel` validator refuses. */
export const TOO_LATE_FAILURE = 'TooLate';
