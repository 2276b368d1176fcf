import type {
  OrderResult,
  PaymentConfirmation,
  PaymentReference,
  ReservationRequest,
  StockRelease,
  WaitingUpdate,
} from '../../contracts/temporal/checkout.ts';
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
} from '../../contracts/temporal/operations.ts';
import { callFunction, type Pool } from './pool.ts';

/**
 * Everything that changes orders, stock and money records. Each call is one statement and one transaction for any
 * number of orders, writes the events with the change, and may be repeated: an order that has already moved on is
 * left alone and answers what it is. Throws only on faults, which the caller retries.
 */
export interface OrderLedger {
  reserve(orders: ReservationRequest[]): Promise<OrderResult[]>;
  confirm(confirmations: PaymentConfirmation[]): Promise<OrderResult[]>;
  /** Never paid from here on, unless it is already. */
  abandon(orders: { orderId: string }[]): Promise<OrderResult[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderResult[]>;
  release(releases: StockRelease[]): Promise<OrderResult[]>;
  recordReview(reviews: ReviewUpdate[]): Promise<OrderResult[]>;
  /** What the orders are now; changes nothing. */
  now(orders: { orderId: string }[]): Promise<OrderResult[]>;
  park(steps: ParkedStep[]): Promise<OrderResult[]>;
  attend(steps: ResolvedStep[]): Promise<OrderResult[]>;
  /** Books refunds, never more in all than was captured. */
  beginRefund(refunds: RefundCommand[]): Promise<RefundResult[]>;
  finishRefund(refunds: RefundSettlement[]): Promise<OrderResult[]>;
  beginCancellation(cancellations: CancellationCommand[]): Promise<CancellationResult[]>;
  /** Money is back: stock back on the shelf, and the end of the order. */
  finishCancellation(cancellations: CancellationSettlement[]): Promise<OrderResult[]>;
  /** Books captures, never more in all than is authorised. */
  beginCapture(captures: CaptureCommand[]): Promise<CaptureResult[]>;
  finishCapture(captures: CaptureSettlement[]): Promise<OrderResult[]>;
  renewAuthorization(renewals: RenewedAuthorization[]): Promise<OrderResult[]>;
  finishReturnedRefund(refunds: ReturnedRefundSettlement[]): Promise<OrderResult[]>;
  isLatePayment(payments: PaymentReference[]): Promise<boolean[]>;
  recordLatePayment(payments: LatePayment[]): Promise<OrderResult[]>;
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
