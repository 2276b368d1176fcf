import type { GivenBy } from '../actor.ts';
import type { AttentionAction } from '../attention.ts';
import type { OrderStatus } from '../order-status.ts';
import type { CheckoutOrder, PaymentRecord, StepOfRun } from './checkout.ts';
import type { ProblemCode } from '../errors.ts';
import type { MailKind } from '../http/mail.ts';
import type { RefundKind } from '../http/order.ts';
import type { LineQuantity } from '../http/shipments.ts';

/** How a recorded operation ended. `skipped`, `resolved`: an operator decided so after the payment provider had failed. */
export type Settlement = 'succeeded' | 'skipped' | 'resolved';

/** Refused before anything was changed. */
export interface Refusal {
  outcome: 'refused';
  code:
    | Extract<
        ProblemCode,
        | 'order_not_found'
        | 'not_refundable'
        | 'payment_disputed'
        | 'refund_exceeds_captured'
        | 'not_capturable'
        | 'capture_exceeds_authorized'
        | 'quantity_exceeds_line'
        | 'not_restockable'
        | 'too_late'
      >
    /** The lines are all that is left of the order: it has to be cancelled as a whole. */
    | 'cancels_whole_order';
  /** The largest amount that would be accepted; minor units. */
  left: number;
  /** The lines of which too many pieces were asked for, and how many would be accepted. */
  lines?: LinesLeft;
  /** The dispute because of which the provider would refuse the refund. */
  disputeId?: string;
  orderStatus: OrderStatus | null;
}

export type LinesLeft = { line: number; left: number }[];

/** A member of the inputs of operations. The actor is absent where this service itself runs one, and in runs of earlier versions. */
interface MayBeCarried extends GivenBy {
  /** Present if the run before has continued as this one. */
  carried?: CarriedOperation;
}

export interface RefundCommand extends MayBeCarried {
  refundId: string;
  orderId: string;
  /** Minor units. Absent: the money of `lines`, or without them the rest. */
  amount?: number;
  /** Absent: the refund is not of certain pieces. */
  lines?: LineQuantity[];
  /** Why the money goes back. Absent: `requested`. */
  kind?: Exclude<RefundKind, 'cancellation'>;
  /** The pieces are put back on sale. */
  restock?: boolean;
  reason?: string;
  /** SHA-256 of the canonical body, hexadecimal. */
  requestHash: string;
}

export interface BegunRefund {
  outcome: 'booked';
  /** Counts the refunds of the order from 1. */
  number: number;
  /** Minor units. */
  amount: number;
  /** Empty where no money goes back. */
  paymentIntentId: string;
  /** A refund of no money is settled when it begins. */
  status: 'pending' | Settlement;
  /** When it was recorded; ISO 8601. Absent in results of an earlier version. */
  begunAt?: string;
}

/** `requestHash` is of the first request with this id. */
export type RefundResult = { refundId: string; orderId: string; requestHash: string } & (
  BegunRefund | Refusal
);

export interface RefundSettlement {
  refundId: string;
  orderId: string;
  status: Settlement;
}

export interface CancellationCommand extends MayBeCarried {
  orderId: string;
  /** The caller's own words, or a stable code. */
  reason: string;
}

/** `busy`: a refund or capture of the order is not settled yet. `done`: the order is cancelled already. */
export interface CancellationResult {
  orderId: string;
  outcome: 'begun' | 'busy' | 'refused' | 'done';
  /** Why it is refused, if not by the status of the order. */
  code?: 'payment_disputed';
  disputeId?: string;
  orderStatus?: OrderStatus;
  paymentIntentId?: string;
  /** Captured so far; minor units. */
  captured?: number;
  /** Authorised and not captured, so that it has to be released; minor units. */
  capturable?: number;
  refund?: { refundId: string; amount: number };
}

export interface CancellationSettlement extends Pick<CancellationCommand, 'orderId' | 'reason' | 'actor'> {
  refund?: Settlement;
  /** The authorisation was released. */
  released?: boolean;
}

export interface CaptureCommand extends MayBeCarried {
  captureId: string;
  orderId: string;
  /** Minor units. Absent: the rest. */
  amount?: number;
  /** Whether the rest of the authorisation is released. Absent: only if this capture takes all that is left. */
  final?: boolean;
  requestHash: string;
}

export interface BegunCapture {
  outcome: 'booked';
  amount: number;
  final: boolean;
  status: 'pending' | Settlement;
  /** The capture is final and has to wait until the other captures of the order are settled. */
  waits?: true;
  payment: { attempt: number; paymentIntentId: string; captured: number; capturable: number };
  order: Pick<CheckoutOrder, 'placedAt'> & { currency: string; paymentMethod: string };
}

export type CaptureResult = { captureId: string; orderId: string; requestHash: string } & (
  BegunCapture | Refusal
);

export interface CaptureSettlement {
  captureId: string;
  orderId: string;
  status: Settlement;
  /** The payment as the provider returned it, also where the capture was not made; minor units. Absent if the provider returned none. */
  payment?: { attempt: number; captured: number; capturable: number };
}

export interface RenewedAuthorization {
  orderId: string;
  payment: PaymentRecord;
}

/** How a refund that was returned to the shop was settled. */
export interface ReturnedRefundSettlement {
  orderId: string;
  paymentIntentId: string;
  /** The payment provider's id of the refund that was returned. */
  providerRefundId: string;
  /** What was returned, in minor units. Absent: all that was refunded of the payment. */
  amount?: number;
  status: Settlement;
}

/** A payment that succeeded when its order no longer waited for it, and was refunded. Minor units. */
export interface LatePayment {
  orderId: string;
  paymentIntentId: string;
  captured: number;
  refunded: number;
  /** An operator skipped or resolved the void or the refund after it had failed. */
  settledByHand?: 'skip' | 'resolve';
}

export const REVIEW_DECISIONS = ['approve', 'reject'] as const;
export type ReviewDecision = (typeof REVIEW_DECISIONS)[number];

/** An order starts to wait for a reviewer, or its reviewer has decided. */
export type ReviewUpdate = { orderId: string } & GivenBy &
  StepOfRun &
  (
    | {
        event: 'in_review';
        status: 'in_review';
        /** Stable codes of the rules that require the review. */
        reasons: string[];
        /** How long the reviewer has; milliseconds. */
        deadlineMs: number;
      }
    | {
        event: 'review_approved' | 'review_rejected';
        status: 'reserved' | 'in_review';
        decision: ReviewDecision;
        /** The reviewer's own words. */
        note?: string;
      }
  );

export interface ParkedStep extends StepOfRun {
  orderId: string;
  workflowId: string;
  step: string;
  /** A stable code, and for known failures a message for the operator. It holds no personal data. */
  reason: string;
  attempts: number;
  actions: AttentionAction[];
  /** The order's payment, where the step is a compensation. */
  payment?: PaymentRecord;
}

/** A parked step that the next run of a workflow takes over. */
export interface CarriedStep extends Pick<ParkedStep, 'step' | 'actions'> {
  inBackground: boolean;
  /** Absent in runs of earlier versions: the next run tries the step at once. */
  wait?: StepWait;
}

/** The pause of a parked step, which goes on in the next run. */
export interface StepWait {
  /** The round that has failed; the first is 0. */
  round: number;
  /** So far. */
  attempts: number;
  /** When the next round begins; Unix milliseconds. */
  until: number;
}

/** What the next run of a workflow takes over of its steps. */
export interface CarriedSteps {
  parked: CarriedStep[];
  /** Mails that are not sent. */
  mails: { kinds: MailKind[]; part?: number }[];
}

/** What the next run of an operation takes over. */
export interface CarriedOperation extends CarriedSteps {
  /** What is known of the result. */
  result?: unknown;
  /** Only mails are left. */
  done: boolean;
  /** What the operation itself keeps. */
  kept: Record<string, unknown>;
}

export interface ResolvedStep extends StepOfRun, GivenBy {
  orderId: string;
  workflowId: string;
  step: string;
  /** `success`: a later attempt succeeded. */
  action: 'success' | AttentionAction;
  /** The operator's own words. */
  note?: string;
  /** A retry with the id of the last one is recorded once. */
  actionId?: string;
}
