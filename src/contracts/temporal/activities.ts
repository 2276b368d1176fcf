import type {
  CaptureOutcome,
  CaptureRequest,
  ChargeOutcome,
  ChargeRequest,
  GroupedCharge,
  PaymentReference,
  RefundOutcome,
  RefundRequest,
  VoidRequest,
} from './checkout.ts';
import type { DisputesInput, ReadDisputes } from './disputes.ts';
import type { KnownPayments, ProviderPayments } from './reconciliation.ts';
import type { MailOutcome, MailRequest } from '../http/mail.ts';

/** The order that a request is about. */
export interface OrderReference {
  orderId: string;
}

/**
 * Activities that call the payment provider and the mail server; those of our own database are in `ledger-steps.ts`. Every one takes
 * many items, returns one outcome for each item in the order asked, and may run twice, late, or after its undo. A failure of one order
 * is its outcome, not an exception; an exception means that the activity should be retried.
 */
export interface PaymentActivities {
  /** Fails with `ProviderPaused`, as `capturePayment` does, while an operator has paused the provider. */
  chargePayment(charges: ChargeRequest[]): Promise<ChargeOutcome[]>;
  /** Retrieves a payment from the provider. */
  retrievePayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Cancels a payment, or releases the rest of an authorisation. The outcome is `succeeded` if money has moved. */
  voidPayment(requests: VoidRequest[]): Promise<ChargeOutcome[]>;
  /** Returns when operators let the provider take money. Until then it fails, and is to be retried without a limit. */
  awaitProvider(orders: OrderReference[]): Promise<OrderReference[]>;
  /** Captures money that was authorised. */
  capturePayment(captures: CaptureRequest[]): Promise<CaptureOutcome[]>;
  refundPayment(refunds: RefundRequest[]): Promise<RefundOutcome[]>;
  /** Lists the disputes of payments at the provider. Where no order is given, it is asked for that of the payment too. */
  readDisputes(payments: DisputesInput[]): Promise<ReadDisputes[]>;
  /** Reads all payments of the orders, also those that are not recorded, with their refunds. */
  readOrderPayments(orders: KnownPayments[]): Promise<ProviderPayments[]>;
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
