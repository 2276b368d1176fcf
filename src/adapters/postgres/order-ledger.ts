import type {
  OrderAnswer,
  PaymentConfirmation,
  PaymentReference,
  ReservationRequest,
  StockRelease,
  WaitingUpdate,
} from '../../contracts/checkout.ts';
import type {
  AttendedStep,
  CancellationAnswer,
  CancellationEnd,
  CancellationOrder,
  CaptureAnswer,
  CaptureEnd,
  CaptureOrder,
  LatePayment,
  ParkedStep,
  RefundAnswer,
  RefundEnd,
  RefundOrder,
  RenewedAuthorization,
  ReturnedRefundEnd,
  ReviewUpdate,
} from '../../contracts/operations.ts';
import { callFunction, type Pool } from './pool.ts';

/**
 * Everything that changes orders, stock and money records. Each call is one statement and one transaction for any
 * number of orders, writes the events with the change, and may be repeated: an order that has already moved on is
 * left alone and answers what it is. Throws only on faults, which the caller retries.
 */
export interface OrderLedger {
  reserve(orders: ReservationRequest[]): Promise<OrderAnswer[]>;
  confirm(confirmations: PaymentConfirmation[]): Promise<OrderAnswer[]>;
  /** Never paid from here on, unless it is already. */
  abandon(orders: { orderId: string }[]): Promise<OrderAnswer[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderAnswer[]>;
  release(releases: StockRelease[]): Promise<OrderAnswer[]>;
  recordReview(reviews: ReviewUpdate[]): Promise<OrderAnswer[]>;
  /** What the orders are now; changes nothing. */
  now(orders: { orderId: string }[]): Promise<OrderAnswer[]>;
  park(steps: ParkedStep[]): Promise<OrderAnswer[]>;
  attend(steps: AttendedStep[]): Promise<OrderAnswer[]>;
  /** Books refunds, never more in all than was captured. */
  beginRefund(refunds: RefundOrder[]): Promise<RefundAnswer[]>;
  finishRefund(refunds: RefundEnd[]): Promise<OrderAnswer[]>;
  beginCancellation(cancellations: CancellationOrder[]): Promise<CancellationAnswer[]>;
  /** Money is back: stock back on the shelf, and the end of the order. */
  finishCancellation(cancellations: CancellationEnd[]): Promise<OrderAnswer[]>;
  /** Books captures, never more in all than is authorised. */
  beginCapture(captures: CaptureOrder[]): Promise<CaptureAnswer[]>;
  finishCapture(captures: CaptureEnd[]): Promise<OrderAnswer[]>;
  renewAuthorization(renewals: RenewedAuthorization[]): Promise<OrderAnswer[]>;
  finishReturnedRefund(refunds: ReturnedRefundEnd[]): Promise<OrderAnswer[]>;
  isLatePayment(payments: PaymentReference[]): Promise<boolean[]>;
  recordLatePayment(payments: LatePayment[]): Promise<OrderAnswer[]>;
}

export function createOrderLedger(pool: Pool): OrderLedger {
  return {
    reserve: (orders) => callFunction(pool, 'reserve_stock', orders),
    confirm: (confirmations) => callFunction(pool, 'confirm_orders', confirmations),
    abandon: (orders) => callFunction(pool, 'abandon_orders', orders),
    recordWaiting: (updates) => callFunction(pool, 'record_waiting', updates),
    release: (releases) => callFunction(pool, 'release_stock', releases),
    recordReview: (reviews) => callFunction(pool, 'record_reviews', reviews),
    now: (orders) => callFunction(pool, 'get_orders', orders),
    park: (steps) => callFunction(pool, 'park_steps', steps),
    attend: (steps) => callFunction(pool, 'resolve_steps', steps),
    beginRefund: (refunds) => callFunction(pool, 'begin_refunds', refunds),
    finishRefund: (refunds) => callFunction(pool, 'finish_refunds', refunds),
    beginCancellation: (cancellations) => callFunction(pool, 'begin_cancellations', cancellations),
    finishCancellation: (cancellations) => callFunction(pool, 'finish_cancellations', cancellations),
    beginCapture: (captures) => callFunction(pool, 'begin_captures', captures),
    finishCapture: (captures) => callFunction(pool, 'finish_captures', captures),
    renewAuthorization: (renewals) => callFunction(pool, 'renew_authorizations', renewals),
    finishReturnedRefund: (refunds) => callFunction(pool, 'finish_returned_refunds', refunds),
    isLatePayment: (payments) => callFunction(pool, 'are_late_payments', payments),
    recordLatePayment: (payments) => callFunction(pool, 'record_late_payments', payments),
  };
}
