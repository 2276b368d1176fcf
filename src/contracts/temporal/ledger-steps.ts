import type {
  OrderResult,
  PaymentConfirmation,
  PaymentReference,
  ReservationRequest,
  RunOfOrder,
  StockRelease,
  WaitingUpdate,
} from './checkout.ts';
import type { PaymentDisputes, RecordedDisputes } from './disputes.ts';
import type {
  CancellationCommand,
  CancellationResult,
  CancellationSettlement,
  CaptureCommand,
  CaptureResult,
  CaptureSettlement,
  LatePayment,
  ParkedStep,
  RefundCommand,
  RefundResult,
  RefundSettlement,
  RenewedAuthorization,
  ResolvedStep,
  ReturnedRefundSettlement,
  ReviewUpdate,
} from './operations.ts';
import type { KnownPayments, ProviderPaymentState, ReconciledPayment } from './reconciliation.ts';

/**
 * The steps that touch only our own PostgreSQL, each declared here and nowhere else: the name is that of the activity and of the
 * ledger's method, the types are those of one item and of its result, and the argument is the SQL function that does it.
 *
 * Every step takes many items and returns one result for each item, in the same order. It is one statement and one transaction,
 * writes the events together with the change, and may run twice, late, or after its undo: an order that has moved on is left
 * unchanged, and its result says what it is. A failure of one order is its result; an exception means that the step should be retried.
 */
export const LEDGER_STEPS = {
  reserveStock: step<ReservationRequest, OrderResult>('reserve_stock'),
  /** Undoes `reserveStock`, and ends an order that failed. */
  releaseStock: step<StockRelease, OrderResult>('release_stock'),

  confirmOrder: step<PaymentConfirmation, OrderResult>('confirm_orders'),
  /** Runs before a payment is reversed: from then on the order cannot become paid, unless it is paid already. */
  abandonOrder: step<RunOfOrder, OrderResult>('abandon_orders'),
  recordWaiting: step<WaitingUpdate, OrderResult>('record_waiting'),
  /** Records that an order waits for a reviewer, or that the reviewer has decided. */
  recordReview: step<ReviewUpdate, OrderResult>('record_reviews'),
  /** Records that a step has failed for too long and waits for an operator. */
  parkStep: step<ParkedStep, OrderResult>('park_steps'),
  /** Records how a parked step ended. */
  resolveStep: step<ResolvedStep, OrderResult>('resolve_steps'),

  /** Records requested refunds. All refunds of a payment together never exceed what was captured. */
  beginRefund: step<RefundCommand, RefundResult>('begin_refunds'),
  finishRefund: step<RefundSettlement, OrderResult>('finish_refunds'),
  beginCancellation: step<CancellationCommand, CancellationResult>('begin_cancellations'),
  /** Runs when the money is back: puts the goods back on hand and ends the order. */
  finishCancellation: step<CancellationSettlement, OrderResult>('finish_cancellations'),
  /** Records requested captures. All captures of a payment together never exceed what was authorised. */
  beginCapture: step<CaptureCommand, CaptureResult>('begin_captures'),
  finishCapture: step<CaptureSettlement, OrderResult>('finish_captures'),
  renewAuthorization: step<RenewedAuthorization, OrderResult>('renew_authorizations'),
  /** Returns the payments of the order that are recorded. */
  findPayments: step<{ orderId: string }, KnownPayments>('known_payments'),
  /** Brings the record of a payment to what the provider says of it, and returns what has to follow. */
  reconcilePayment: step<ProviderPaymentState, ReconciledPayment>('reconcile_payments'),
  finishReturnedRefund: step<ReturnedRefundSettlement, OrderResult>('finish_returned_refunds'),
  /** Returns whether the order has ended without this payment, or with another one: then the payment has to be reversed. */
  isLatePayment: step<PaymentReference, boolean>('are_late_payments'),
  recordLatePayment: step<LatePayment, OrderResult>('record_late_payments'),
  /** Brings the disputes of a payment, and the attention that they need, to what the provider says. */
  recordDisputes: step<PaymentDisputes, RecordedDisputes>('record_disputes'),
};

export type LedgerStepName = keyof typeof LEDGER_STEPS;

/** Every step as a function. The ledger implements this, and the worker registers it as activities. */
export type LedgerActivities = {
  [Name in LedgerStepName]: (typeof LEDGER_STEPS)[Name] extends LedgerStep<infer Item, infer Result>
    ? (items: Item[]) => Promise<Result[]>
    : never;
};

/** Builds every step with `build`, which must return what {@link LEDGER_STEPS} declares for the name that it is given. */
export const mapLedgerSteps = (
  build: (name: LedgerStepName) => (items: never[]) => Promise<unknown[]>,
): LedgerActivities =>
  Object.fromEntries(
    (Object.keys(LEDGER_STEPS) as LedgerStepName[]).map((name) => [name, build(name)]),
  ) as LedgerActivities;

interface LedgerStep<Item, Result> {
  readonly sqlFunction: string;
  /** Never set: it only carries the types. */
  readonly types?: (item: Item) => Result;
}

function step<Item, Result>(sqlFunction: string): LedgerStep<Item, Result> {
  return { sqlFunction };
}
