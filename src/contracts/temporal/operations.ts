import type { OrderStatus } from '../order-status.ts';
import type { CheckoutOrder, PaymentRecord } from './checkout.ts';
import type { ProblemCode } from '../errors.ts';

/** How an operation ended that could not be done as asked: an operator decided on it. */
export type Settlement = 'succeeded' | 'skipped' | 'resolved';

/** Refused before anything was changed. */
export interface Refusal {
  outcome: 'refused';
  code: Extract<
    ProblemCode,
    | 'order_not_found'
    | 'not_refundable'
    | 'refund_exceeds_captured'
    | 'not_capturable'
    | 'capture_exceeds_authorized'
  >;
  /** What could still be asked for, minor units. */
  left: number;
  orderStatus: OrderStatus | null;
}

export interface RefundCommand {
  refundId: string;
  orderId: string;
  /** Minor units; absent: everything that is left. */
  amount?: number;
  reason?: string;
  /** SHA-256 of the canonical body, hexadecimal. */
  requestHash: string;
}

export interface BookedRefund {
  outcome: 'booked';
  /** 1, 2, 3 … an order. */
  number: number;
  /** Minor units. */
  amount: number;
  paymentIntentId: string;
  status: 'pending' | Settlement;
}

/** `requestHash` is of the first request with this id. */
export type RefundResult = { refundId: string; orderId: string; requestHash: string } & (
  BookedRefund | Refusal
);

export interface RefundSettlement {
  refundId: string;
  orderId: string;
  status: Settlement;
}

export interface CancellationCommand {
  orderId: string;
  /** Somebody's own words, or a stable code. */
  reason: string;
}

/** `busy`: another refund or capture of the order is not settled yet. `done`: it is cancelled already. */
export interface CancellationResult {
  orderId: string;
  outcome: 'begun' | 'busy' | 'refused' | 'done';
  orderStatus?: OrderStatus;
  paymentIntentId?: string;
  /** Authorised and not taken: to be released. Minor units. */
  capturable?: number;
  refund?: { refundId: string; amount: number };
}

export interface CancellationSettlement extends CancellationCommand {
  refund?: Settlement;
  /** The authorisation was released. */
  released?: boolean;
}

export interface CaptureCommand {
  captureId: string;
  orderId: string;
  /** Minor units; absent: everything that is left. */
  amount?: number;
  /** What is left of the authorisation is released. Absent: only where nothing is left. */
  final?: boolean;
  requestHash: string;
}

export interface BookedCapture {
  outcome: 'booked';
  amount: number;
  final: boolean;
  status: 'pending' | Settlement;
  /** It is final, and other captures of the order are not settled yet: it goes after them. */
  waits?: true;
  payment: { attempt: number; paymentIntentId: string; captured: number; capturable: number };
  order: Pick<CheckoutOrder, 'placedAt'> & { currency: string; paymentMethod: string };
}

export type CaptureResult = { captureId: string; orderId: string; requestHash: string } & (
  BookedCapture | Refusal
);

export interface CaptureSettlement {
  captureId: string;
  orderId: string;
  status: Settlement;
  /** As the provider says, minor units; absent where nothing is known. */
  payment?: { attempt: number; captured: number; capturable: number };
}

export interface RenewedAuthorization {
  orderId: string;
  payment: PaymentRecord;
}

/** What became of money that had been given back and had come back to the shop. */
export interface ReturnedRefundSettlement {
  orderId: string;
  paymentIntentId: string;
  /** The provider's own id of the refund that came back. */
  providerRefundId: string;
  status: Settlement;
}

/** Money that came when nobody waited for it any more, and has gone back. Minor units. */
export interface LatePayment {
  orderId: string;
  paymentIntentId: string;
  captured: number;
  refunded: number;
  /** An operator has settled by hand what the provider would not do. */
  settledByHand?: 'skip' | 'resolve';
}

export type ReviewDecision = 'approve' | 'reject';

/** An order comes to wait for a reviewer, or its reviewer has decided. */
export type ReviewUpdate = { orderId: string } & (
  | {
      event: 'in_review';
      status: 'in_review';
      /** Stable codes of the rules that asked for it. */
      reasons: string[];
      /** Milliseconds from now. */
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

/** What an operator can do with a step that waits for them. */
export const ATTENTION_ACTIONS = ['retry', 'skip', 'resolve'] as const;
export type AttentionAction = (typeof ATTENTION_ACTIONS)[number];

export interface ParkedStep {
  orderId: string;
  workflowId: string;
  step: string;
  /** A stable code and what an operator needs to know; no personal data. */
  reason: string;
  attempts: number;
  actions: AttentionAction[];
  /** What is known of the order's money while its undo waits. */
  payment?: PaymentRecord;
}

export interface ResolvedStep {
  orderId: string;
  workflowId: string;
  step: string;
  /** `success`: it went well after all. */
  action: 'success' | AttentionAction;
  /** The operator's own words. */
  note?: string;
}
