import type {
  ChargeOutcome,
  ChargeRequest,
  CheckoutOrder,
  OrderAnswer,
  PaymentConfirmation,
  PaymentReference,
  RefundOutcome,
  RefundRequest,
  StockRelease,
  WaitingUpdate,
} from './checkout.ts';
import type { MailOutcome, MailRequest } from './mail.ts';

/**
 * The steps a workflow can take. Every one takes many orders, answers one outcome an order in the order asked, and may
 * run twice, late, or after its undo. A failure of one order is its outcome, not an exception; an exception means that
 * the step should be tried again.
 */
export interface StockActivities {
  reserveStock(orders: CheckoutOrder[]): Promise<OrderAnswer[]>;
  /** Undo of `reserveStock`, and the end of an order that failed. */
  releaseStock(releases: StockRelease[]): Promise<OrderAnswer[]>;
}

export interface OrderActivities {
  confirmOrder(confirmations: PaymentConfirmation[]): Promise<OrderAnswer[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderAnswer[]>;
}

export interface PaymentActivities {
  chargePayment(charges: ChargeRequest[]): Promise<ChargeOutcome[]>;
  /** What a payment is now, as the provider says. */
  retrievePayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  /** Ends a payment that has not moved money; `succeeded` if it moved in the meantime. */
  voidPayment(references: PaymentReference[]): Promise<ChargeOutcome[]>;
  refundPayment(refunds: RefundRequest[]): Promise<RefundOutcome[]>;
}

export interface NotificationActivities {
  notify(mails: MailRequest[]): Promise<MailOutcome[]>;
}
