import type { GivenBy } from '../actor.ts';
import type { OrderStatus } from '../order-status.ts';
import type { PaymentReference } from './checkout.ts';
import type { AttentionAction } from '../attention.ts';
import type { ReviewDecision } from './operations.ts';

/** Updates, signals and queries of the workflows, with the types of the failures by which an update is rejected. */

/** The input of an update is missing or wrong. */
export const INVALID_INPUT_FAILURE = 'InvalidInput';

/** Update of `checkout`: returns when the order is cancelled, or with the status in which it can no longer be cancelled. */
export const CANCEL_UPDATE = 'cancel';

/** The reason of an order that is cancelled without one. */
export const DEFAULT_CANCEL_REASON = 'cancelled';

export interface CancelInput extends GivenBy {
  reason?: string;
}

export interface CancelResult {
  cancelled: boolean;
  status: OrderStatus;
  /** Present if the order cannot be cancelled until this dispute of its payment is decided. */
  disputeId?: string;
}

/** The order is paid or has failed, so that its checkout cannot cancel it. */
export const TOO_LATE_FAILURE = 'TooLate';

/** Update of `checkout` in review: returns the order's status when the decision is recorded. */
export const REVIEW_UPDATE = 'review';

export interface ReviewInput extends GivenBy {
  decision: ReviewDecision;
  /** The reviewer's own words. */
  note?: string;
}

/** The order does not wait for a review, or was decided on already. */
export const NOT_IN_REVIEW_FAILURE = 'NotInReview';

/**
 * The type of the failure of a step that PostgreSQL refuses because a later run carries the order. The run that has sent it ends, and
 * undoes nothing.
 */
export const RUN_SUPERSEDED_FAILURE = 'RunSuperseded';

/** Update of every workflow that can park a step: returns when the operator's action is recorded. */
export const RESOLVE_STEP_UPDATE = 'resolveStep';

export interface ResolveStepInput extends GivenBy {
  step: string;
  action: AttentionAction;
  /** The operator's own words. */
  note?: string;
}

/** The step does not wait for an operator. */
export const NOT_PARKED_FAILURE = 'NotParked';
/** The workflow cannot continue without the step: only `retry` is possible. */
export const ACTION_NOT_POSSIBLE_FAILURE = 'ActionNotPossible';

/** Update of an operation: returns when the operation is refused, done, or parked. */
export const OUTCOME_UPDATE = 'outcome';

/** `parked`: a step of the operation waits for an operator, and the operation continues afterwards. */
export interface OperationOutcome<Result> {
  state: 'done' | 'parked';
  /** Absent if the operation was parked before anything was known. */
  result?: Result;
}

/** Update of a group: returns true when the order has a workflow of its own, false when the group has settled it. */
export const DETACH_UPDATE = 'detach';

export interface DetachInput {
  orderId: string;
}

/** The order is not in this group. */
export const NOT_IN_GROUP_FAILURE = 'NotInGroup';

/** An operator has paused the payment provider: nothing was taken by this attempt. */
export const PROVIDER_PAUSED_FAILURE = 'ProviderPaused';

/** What the failure says of the request. */
export interface PausedProvider {
  /** An earlier attempt may have reached the provider. */
  mayHaveTaken: boolean;
}

/**
 * The type with which `notify` of earlier versions fails when every mail was sent but those that the mail server refuses for good. Its
 * details: the ids of their orders. Histories of running workflows have it.
 */
export const MAIL_REFUSED_FAILURE = 'MailRefused';

/** Signal of `checkout` and `checkoutGroup`: the payment may have changed. The workflow asks the provider what it is now. */
export const PAYMENT_EVENT_SIGNAL = 'paymentEvent';

export interface PaymentEventInput {
  paymentIntentId: string;
}

/** The same signal to a group, which has to know whose payment it is. */
export type GroupPaymentEventInput = PaymentReference;

/** Signal of `reconciliation`, with what an operation has found of a payment and an operator has to know. */
export const CONCERN_FOUND_SIGNAL = 'concernFound';

/** Signal of `reconciliation`: what an operator was told of the payment does not hold any more. */
export const CONCERN_SETTLED_SIGNAL = 'concernSettled';

/**
 * Signal of `disputes`: the disputes of the payment may have changed, or an operator wants them to be read again. The workflow asks the
 * provider what they are now.
 */
export const DISPUTES_CHANGED_SIGNAL = 'disputesChanged';

/** Query of `checkout`: the order's status as the workflow knows it. */
export const STATUS_QUERY = 'status';

/**
 * Signal of `fulfilment` and `return`: something about the order or the return has changed. The workflow reads from PostgreSQL what is
 * to be done now.
 */
export const CHANGED_SIGNAL = 'changed';
