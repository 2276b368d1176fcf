import type {
  CaptureOutcome,
  CaptureRequest,
  ChargeOutcome,
  ChargeRequest,
  GroupedCharge,
  OrderResult,
  PaymentConfirmation,
  PaymentReference,
  RefundOutcome,
  RefundRequest,
  ReservationRequest,
  StockRelease,
  WaitingUpdate,
} from './checkout.ts';
import type { MailOutcome, MailRequest } from '../http/mail.ts';
import type {
  ResolvedStep,
  CancellationResult,
  CancellationSettlement,
  CancellationCommand,
  CaptureResult,
  CaptureSettlement,
  CaptureCommand,
  LatePayment,
  ParkedStep,
  RefundResult,
  RefundSettlement,
  RefundCommand,
  RenewedAuthorization,
  ReturnedRefundSettlement,
  ReviewUpdate,
} from './operations.ts';

/**
 * The steps a workflow can take. Every one takes many orders, answers one outcome an order in the order asked, and may
 * run twice, late, or after its undo. A failure of one order is its outcome, not an exception; an exception means that
 * the step should be tried again.
 */
export interface StockActivities {
  reserveStock(orders: ReservationRequest[]): Promise<OrderResult[]>;
  /** Undo of `reserveStock`, and the end of an order that failed. */
  releaseStock(releases: StockRelease[]): Promise<OrderResult[]>;
}

export interface OrderActivities {
  confirmOrder(confirmations: PaymentConfirmation[]): Promise<OrderResult[]>;
  /** Before money goes back that an order was to be paid with: from here on it is not paid any more, unless it is already. */
  abandonOrder(orders: { orderId: string }[]): Promise<OrderResult[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderResult[]>;
  /** An order comes to wait for a reviewer, or its reviewer has decided. */
  recordReview(reviews: ReviewUpdate[]): Promise<OrderResult[]>;
  /** A step has failed for longer than it should: it waits for an operator. */
  parkStep(steps: ParkedStep[]): Promise<OrderResult[]>;
  /** What became of a parked step. */
  resolveStep(steps: ResolvedStep[]): Promise<OrderResult[]>;
}

/** What is written down of operations on an order that is paid: each is booked, done at the provider, and finished. */
export interface OperationActivities {
  beginRefund(refunds: RefundCommand[]): Promise<RefundResult[]>;
  finishRefund(refunds: RefundSettlement[]): Promise<OrderResult[]>;
  beginCancellation(cancellations: CancellationCommand[]): Promise<CancellationResult[]>;
  finishCancellation(cancellations: CancellationSettlement[]): Promise<OrderResult[]>;
  beginCapture(captures: CaptureCommand[]): Promise<CaptureResult[]>;
  finishCapture(captures: CaptureSettlement[]): Promise<OrderResult[]>;
  renewAuthorization(renewals: RenewedAuthorization[]): Promise<OrderResult[]>;
  /** Whether the order has ended without this payment, or with another one: then what it took goes back. */
  isLatePayment(payments: PaymentReference[]): Promise<boolean[]>;
  finishReturnedRefund(refunds: ReturnedRefundSettlement[]): Promise<OrderResult[]>;
  recordLatePayment(payments: LatePayment[]): Promise<OrderResult[]>;
}

export interface PaymentActivities {
  chargePayment(charges: ChargeRequest[]): Promise<ChargeOutcome[]>;
  /** What a payment is now, as the provider says. */
  retrievePayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Ends a payment that has not moved money, or what is left of an authorisation; `succeeded` if money has moved. */
  voidPayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Takes money that was authorised. */
  capturePayment(captures: CaptureRequest[]): Promise<CaptureOutcome[]>;
  refundPayment(refunds: RefundRequest[]): Promise<RefundOutcome[]>;
}

/** Steps that a group takes with all its orders. */
export interface GroupActivities {
  /**
   * Charges the orders side by side and writes down each outcome as it comes: an order is paid, or has failed, without
   * waiting for its neighbours. What takes longer than a group waits, or is neither paid nor declined, is `open`.
   */
  settleCharges(charges: ChargeRequest[]): Promise<GroupedCharge[]>;
}

export interface NotificationActivities {
  notify(mails: MailRequest[]): Promise<MailOutcome[]>;
}
