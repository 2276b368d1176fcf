import { patched } from '@temporalio/workflow';
import type { OrderResult, PaymentRecord, StockRelease } from '../contracts/temporal/checkout.ts';
import type { CheckoutResult } from '../contracts/temporal/names.ts';
import { isDecided, isFailed } from '../domain/order-status.ts';
import { reviewReasons } from '../domain/review.ts';
import { reversePayment } from './reverse-payment.ts';
import { PaymentProcess, type PaymentParts, type SettledPayment } from './payment.ts';
import { review } from './review.ts';
import { Saga } from './lib/saga.ts';
import { abandonOrder, confirmOrder, only, releaseStock, reserveStock } from './lib/steps.ts';
import type { OrderProgress } from './lib/progress.ts';

/** How an order fails: where it ends, why, and what has become of its payment so far. */
type Ending = Pick<StockRelease, 'status' | 'reason'> & { payment?: PaymentRecord };

const NOTHING_TO_PAY: SettledPayment = { status: 'succeeded', payment: { attempt: 1, status: 'none' } };

/** All that a story needs: the order, what was asked of it meanwhile, and who is told. */
export type ProcessOrderParts = PaymentParts;

/**
 * The story of one order: reserve stock, have it reviewed where a rule asks for that, charge the payment, confirm; and if
 * that is not to be, undo it all in reverse. Mails go out beside it. It ends when the order is paid or has failed; only then
 * may its run be left.
 */
export async function processOrder(
  parts: ProcessOrderParts,
): Promise<CheckoutResult & { paymentIntentId?: string }> {
  const { order, policy, inbox, board, parking, from } = parts;
  const saga = new Saga<Ending>();

  saga.add((ending) => release(parts, ending));
  const wanted = from ? { ...order, from: from.workflowId } : order;
  const reserved = only(
    await parking.retryUntilDone({ name: 'reserveStock', run: () => reserveStock([wanted]) }),
  );
  if (reserved.ownedBy !== undefined) return carriedByAnother(reserved, board);
  if (isDecided(reserved.status)) return endedAtOnce(reserved, board);
  const atOnce = isChargedAtOnce(parts, reserved);
  const mayHaveCharged = from?.charged === true || (atOnce && reserved.repeated === true);
  // What may have been charged is past all this; whether money has moved is found out first.
  if (!mayHaveCharged) {
    const cancelled = inbox.cancelReason();
    if (cancelled !== undefined) return fail({ status: 'cancelled', reason: cancelled });

    const refused = policy.review && (await review({ ...parts, policy: policy.review }, reserved));
    if (refused) return fail(refused);
    const cancelledInReview = inbox.cancelReason();
    if (cancelledInReview !== undefined) return fail({ status: 'cancelled', reason: cancelledInReview });
  }

  saga.add((ending) => undoPayment(parts, ending));
  const settled: SettledPayment =
    reserved.total === 0
      ? NOTHING_TO_PAY
      : await new PaymentProcess(parts).settle(reserved, { atOnce, mayHaveCharged });
  if (settled.status === 'failed') {
    return fail({ status: settled.end, reason: settled.reason, payment: settled.payment });
  }
  const { payment } = settled;
  const cancelledLate = inbox.cancelReason();
  if (cancelledLate !== undefined) {
    if (await isPaidAlready(parts)) return paid();
    return fail({ status: 'cancelled', reason: cancelledLate, payment });
  }

  const confirmed = only(
    await parking.retryUntilDone({
      name: 'confirmOrder',
      run: () => confirmOrder([{ orderId: order.orderId, payment }]),
      payment,
    }),
  );
  if (!wasPaid(confirmed)) return fail({ status: 'cancelled', reason: 'reservation_lost', payment });
  return paid();

  function paid(): CheckoutResult & { paymentIntentId?: string } {
    board.paid();
    return { orderId: order.orderId, status: 'paid', ...ofPayment(payment) };
  }

  async function fail(ending: Ending): Promise<CheckoutResult & { paymentIntentId?: string }> {
    const { status, reason, payment: undone } = await saga.undoAll(ending);
    board.failed(status);
    return { orderId: order.orderId, status, reason, ...ofPayment(undone) };
  }
}

/**
 * In the task that reserves: its worker may die when the order is charged, and the next one, which knows nothing of it, sees
 * by `repeated` that it may be. Had the order to wait in between, as for a review, nothing would tell.
 */
function isChargedAtOnce({ order, policy, from }: ProcessOrderParts, { total }: OrderResult): boolean {
  const isReviewed = policy.review && reviewReasons(order.request, total, policy.review).length > 0;
  return from === undefined && total > 0 && !isReviewed && patched('charged-at-once');
}

const wasPaid = ({ status, wasPaid }: OrderResult): boolean => status === 'paid' || wasPaid === true;

/**
 * The order may have been confirmed without this run's knowing: a workflow task that was lost after it had confirmed is run
 * anew, and sees a cancel that came meanwhile. If it was not, it will not be any more: a confirmation that is still on its
 * way comes too late. A cancel of an order that is paid is another affair (`cancellation.ts`).
 */
async function isPaidAlready({ order: { orderId }, parking }: ProcessOrderParts): Promise<boolean> {
  if (!patched('abandoned-before-undo')) return false;
  const answer = await parking.retryUntilDone({
    name: 'abandonOrder',
    run: () => abandonOrder([{ orderId }]),
  });
  return wasPaid(only(answer));
}

const ofPayment = (payment?: PaymentRecord): { paymentIntentId?: string } =>
  payment?.paymentIntentId === undefined ? {} : { paymentIntentId: payment.paymentIntentId };

/**
 * Nothing was reserved: out of stock, refused by the catalogue, or carried to its end before, by this run (whose worker
 * died before it could say so) or by one that was reset. The customer is told what they were not told yet.
 */
function endedAtOnce({ orderId, status, reason }: OrderResult, board: OrderProgress): CheckoutResult {
  if (status === 'paid') board.paid();
  else if (isFailed(status)) board.failed(status);
  else board.alreadyEnded(status);
  return reason === undefined ? { orderId, status } : { orderId, status, reason };
}

/** It was accepted once more, and another workflow has it. */
function carriedByAnother({ orderId, status }: OrderResult, board: OrderProgress): CheckoutResult {
  board.givenUp();
  return { orderId, status };
}

/** Undo of `reserveStock`, and the end of the order: stock back, status, event. */
async function release({ order, parking }: ProcessOrderParts, ending: Ending): Promise<Ending> {
  const stockRelease: StockRelease = { orderId: order.orderId, order, ...ending };
  await parking.retryUntilDone({ name: 'releaseStock', run: () => releaseStock([stockRelease]) });
  return ending;
}

/** Undo of `chargePayment`: money that moved goes back, a payment that could still succeed is ended. */
async function undoPayment({ order, parking }: ProcessOrderParts, ending: Ending): Promise<Ending> {
  const { payment } = ending;
  if (payment?.paymentIntentId === undefined) return ending;
  const undone = await reversePayment(parking, order.orderId, payment);
  return { ...ending, payment: undone };
}
