import type {
  CaptureOutcome,
  CaptureRequest,
  ChargeOutcome,
  ChargeRequest,
  GroupedCharge,
  PaymentReference,
  RefundOutcome,
  RefundRequest,
} from './checkout.ts';
import type { MailOutcome, MailRequest } from '../http/mail.ts';

/**
 * Activities that call the payment provider and the mail server; those of our own database are in `ledger-steps.ts`. Every one takes
 * many items, returns one outcome for each item in the order asked, and may run twice, late, or after its undo. A failure of one order
 * is its outcome, not an exception; an exception means that the activity should be retried.
 */
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
