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
 * The activities of the workflows. Each takes several orders and returns one outcome for each, in the same sequence. It may
 * run twice, late, or after its compensation. A business failure of one order is its outcome, not an exception: an
 * exception means that the activity has to be retried.
 */
export interface StockActivities {
  reserveStock(orders: ReservationRequest[]): Promise<OrderResult[]>;
  /** Compensation of `reserveStock`: releases the stock and ends the order. */
  releaseStock(releases: StockRelease[]): Promise<OrderResult[]>;
}

export interface OrderActivities {
  confirmOrder(confirmations: PaymentConfirmation[]): Promise<OrderResult[]>;
  /** Runs before a charge is reversed: afterwards the order can no longer be confirmed, unless it is paid already. */
  abandonOrder(orders: { orderId: string }[]): Promise<OrderResult[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderResult[]>;
  /** Records that an order waits for a reviewer, or what its reviewer has decided. */
  recordReview(reviews: ReviewUpdate[]): Promise<OrderResult[]>;
  /** Records that a step keeps failing and waits for an operator. */
  parkStep(steps: ParkedStep[]): Promise<OrderResult[]>;
  /** Records that a parked step has succeeded, or what an operator decided. */
  resolveStep(steps: ResolvedStep[]): Promise<OrderResult[]>;
}

/** Records of operations on a paid order: each is booked, carried out at the payment provider, and finished. */
export interface OperationActivities {
  beginRefund(refunds: RefundCommand[]): Promise<RefundResult[]>;
  finishRefund(refunds: RefundSettlement[]): Promise<OrderResult[]>;
  beginCancellation(cancellations: CancellationCommand[]): Promise<CancellationResult[]>;
  finishCancellation(cancellations: CancellationSettlement[]): Promise<OrderResult[]>;
  beginCapture(captures: CaptureCommand[]): Promise<CaptureResult[]>;
  finishCapture(captures: CaptureSettlement[]): Promise<OrderResult[]>;
  renewAuthorization(renewals: RenewedAuthorization[]): Promise<OrderResult[]>;
  /** Whether the order ended without this payment, or with another one, so that this payment has to be reversed. */
  isLatePayment(payments: PaymentReference[]): Promise<boolean[]>;
  finishReturnedRefund(refunds: ReturnedRefundSettlement[]): Promise<OrderResult[]>;
  recordLatePayment(payments: LatePayment[]): Promise<OrderResult[]>;
}

export interface PaymentActivities {
  chargePayment(charges: ChargeRequest[]): Promise<ChargeOutcome[]>;
  /** Retrieves a payment from the provider. */
  retrievePayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Cancels a payment, or releases the rest of an authorisation. The outcome is `succeeded` if money has moved. */
  voidPayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Captures money that was authorised. */
  capturePayment(captures: CaptureRequest[]): Promise<CaptureOutcome[]>;
  refundPayment(refunds: RefundRequest[]): Promise<RefundOutcome[]>;
}

/** Activities that a group runs for all its orders. */
export interface GroupActivities {
  /**
   * Charges the orders concurrently and records each outcome as soon as it is known, so that no order waits for another.
   * An order is `open` if its charge takes longer than the group waits, or is neither paid nor declined.
   */
  settleCharges(charges: ChargeRequest[]): Promise<GroupedCharge[]>;
}

export interface NotificationActivities {
  notify(mails: MailRequest[]): Promise<MailOutcome[]>;
}
