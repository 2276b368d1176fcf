import type {
  OrderResult,
  PaymentRecord,
  ReservationRequest,
  StockRelease,
} from '../contracts/temporal/checkout.ts';
import type { CheckoutResult, FailedOrder, ProcessedOrder } from '../contracts/temporal/workflows.ts';
import { isDecided, isFailed, isPaid } from '../domain/order-status.ts';
import { reviewReasons } from '../domain/review.ts';
import type { CheckoutContext } from './checkout-context.ts';
import { abandonOrder, confirmOrder, releaseStock, reserveStock } from './lib/activities.ts';
import type { OrderProgress } from './lib/progress.ts';
import { reversePayment } from './lib/reverse-payment.ts';
import { Saga } from './lib/saga.ts';
import { singleOutcome } from './lib/single-outcome.ts';
import type { SettledPayment } from './payment-attempt.ts';
import { PaymentProcess } from './payment.ts';
import { review } from './review.ts';

const NOTHING_TO_PAY: SettledPayment = { status: 'succeeded', payment: { attempt: 1, status: 'none' } };

/**
 * Processes one order: reserves its stock, has it reviewed where a rule requires that, charges its payment and confirms it.
 * An order that fails or is cancelled is compensated in reverse. The customer's mails are sent in the background. Returns
 * when the order is paid or has failed. A run that has continued as new goes on from the position of the one before.
 */
export async function processOrder(context: CheckoutContext): Promise<ProcessedOrder> {
  const { order, run, policy, requests, progress, steps, handoff, position } = context;
  if (position.result) return position.result;
  const saga = new Saga<FailedOrder>();

  saga.add((ending) => release(context, ending));
  if (position.failed) {
    if (!position.isReversed) saga.add((ending) => reverse(context, ending));
    return fail(position.failed);
  }
  const reservation: ReservationRequest = {
    ...order,
    ...run,
    ...(handoff?.workflowId !== undefined && { from: handoff.workflowId }),
    ...(policy.allocation && { allocation: policy.allocation }),
  };
  const reserved =
    position.reserved ??
    singleOutcome(
      await steps.retryUntilDone({ name: 'reserveStock', run: () => reserveStock([reservation]) }),
    );
  if (reserved.ownedBy !== undefined) return ownedElsewhere(reserved, progress);
  if (isDecided(reserved.status)) return alreadyDecided(reserved, progress);
  position.reserved = reserved;
  const wasCharged = position.charge !== undefined || position.payment !== undefined;
  const isLocal = !wasCharged && canChargeLocally(context, reserved);
  const mayHaveCharged =
    wasCharged || handoff?.mayHaveCharged === true || (isLocal && reserved.repeated === true);
  // An order that may have been charged is not cancelled or reviewed before it is known whether money has moved.
  if (!mayHaveCharged) {
    const cancelReason = requests.cancelReason();
    if (cancelReason !== undefined) return fail({ status: 'cancelled', reason: cancelReason });

    const refused = policy.review && (await review(context, policy.review, reserved));
    if (refused) return fail(refused);
    const cancelReasonInReview = requests.cancelReason();
    if (cancelReasonInReview !== undefined)
      return fail({ status: 'cancelled', reason: cancelReasonInReview });
  }

  saga.add((ending) => reverse(context, ending));
  const settled: SettledPayment = position.payment
    ? { status: 'succeeded', payment: position.payment }
    : reserved.total === 0
      ? NOTHING_TO_PAY
      : await new PaymentProcess(context).settle(reserved, { isLocal, mayHaveCharged });
  if (settled.status === 'failed')
    return fail({ status: settled.orderStatus, reason: settled.reason, payment: settled.payment });
  const { payment } = settled;
  position.payment = payment;
  const cancelReasonWhileCharging = requests.cancelReason();
  // A run before this one may have parked the confirmation, which is not given up for a cancel request any more.
  if (cancelReasonWhileCharging !== undefined && !steps.isParked('confirmOrder')) {
    if (await isAlreadyPaid(context)) return paid();
    return fail({ status: 'cancelled', reason: cancelReasonWhileCharging, payment });
  }

  const confirmed = singleOutcome(
    await steps.retryUntilDone({
      name: 'confirmOrder',
      run: () => confirmOrder([{ ...run, payment }]),
      payment,
    }),
  );
  if (!wasPaid(confirmed)) return fail({ status: 'cancelled', reason: 'reservation_lost', payment });
  return paid();

  function paid(): ProcessedOrder {
    progress.paid();
    return { orderId: order.orderId, status: 'paid', ...paymentIntentOf(payment) };
  }

  async function fail(ending: FailedOrder): Promise<ProcessedOrder> {
    const failed = byWhoAsked(ending);
    position.failed = failed;
    const { status, reason, payment: reversed } = await saga.compensate(failed);
    progress.failed(status);
    return { orderId: order.orderId, status, reason, ...paymentIntentOf(reversed) };
  }

  /** A cancelled order ends by who has asked for that. */
  function byWhoAsked(ending: FailedOrder): FailedOrder {
    const actor = requests.cancelActor();
    const isAsked = ending.status === 'cancelled' && ending.reason === requests.cancelReason();
    return isAsked && actor ? { ...ending, actor } : ending;
  }
}

/**
 * The first charge may be a local activity if nothing is waited for between the reservation and the charge. If the worker
 * dies during the charge, the history has neither; the next worker repeats the reservation, whose `repeated` shows that the
 * charge may have been made.
 */
function canChargeLocally({ order, policy, handoff }: CheckoutContext, { total }: OrderResult): boolean {
  const isReviewed = policy.review && reviewReasons(order.request, total, policy.review).length > 0;
  return handoff === undefined && total > 0 && !isReviewed;
}

const wasPaid = ({ status, wasPaid }: OrderResult): boolean => status === 'paid' || wasPaid === true;

/**
 * PostgreSQL may have confirmed the order although this run does not know it: a workflow task that was lost after it had
 * confirmed the order is executed again, and then sees a cancel request that came in between. If the order is not
 * confirmed yet, `abandonOrder` makes a confirmation that is still in progress fail. A paid order is cancelled by
 * `operations/cancellation.ts`.
 */
async function isAlreadyPaid({ run, steps }: CheckoutContext): Promise<boolean> {
  const outcomes = await steps.retryUntilDone({
    name: 'abandonOrder',
    run: () => abandonOrder([run]),
  });
  return wasPaid(singleOutcome(outcomes));
}

const paymentIntentOf = (payment?: PaymentRecord): { paymentIntentId?: string } =>
  payment?.paymentIntentId === undefined ? {} : { paymentIntentId: payment.paymentIntentId };

/**
 * Nothing was reserved: the order is out of stock, was rejected by the catalogue, or was decided before, by this run (whose
 * worker died before the history had it) or by a run that was reset. The customer gets the mails that were not sent yet.
 */
function alreadyDecided({ orderId, status, reason }: OrderResult, progress: OrderProgress): CheckoutResult {
  if (status === 'paid') progress.paid();
  else if (isFailed(status)) progress.failed(status);
  else if (isPaid(status)) progress.alreadyPaid(status);
  else progress.alreadyEnded(status);
  return reason === undefined ? { orderId, status } : { orderId, status, reason };
}

/** The order was accepted a second time, and another workflow owns it. */
function ownedElsewhere({ orderId, status }: OrderResult, progress: OrderProgress): CheckoutResult {
  progress.ownedElsewhere();
  return { orderId, status };
}

/** Compensation of `reserveStock`: releases the stock and ends the order. */
async function release({ order, run, steps }: CheckoutContext, ending: FailedOrder): Promise<FailedOrder> {
  const stockRelease: StockRelease = { ...run, order, ...ending };
  await steps.retryUntilDone({ name: 'releaseStock', run: () => releaseStock([stockRelease]) });
  return ending;
}

/** Compensation of `chargePayment`: refunds money that moved and cancels a payment that could still succeed. */
async function reverse(
  { order, steps, position }: CheckoutContext,
  ending: FailedOrder,
): Promise<FailedOrder> {
  const { payment, status } = ending;
  if (payment?.paymentIntentId === undefined) return ending;
  const voidedFor = status === 'cancelled' ? status : undefined;
  const reversed = { ...ending, payment: await reversePayment(steps, order.orderId, payment, voidedFor) };
  position.failed = reversed;
  position.isReversed = true;
  return reversed;
}
