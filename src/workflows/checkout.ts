import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import type { OrderStatus } from '../contracts/order-status.ts';
import {
  CANCEL_UPDATE,
  NOT_IN_REVIEW_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  REVIEW_UPDATE,
  STATUS_QUERY,
  TOO_LATE_FAILURE,
  type CancelInput,
  type CancelResult,
  type CheckoutInput,
  type CheckoutResult,
  type PaymentEventInput,
  type ReviewInput,
} from '../contracts/temporal/names.ts';
import { startLatePayment } from './start-late-payment.ts';
import { PendingRequests } from './lib/pending-requests.ts';
import { processOrder } from './process-order.ts';
import { StepRunner } from './lib/step-runner.ts';
import { CustomerNotifier } from './lib/notifier.ts';
import { OrderProgress } from './lib/progress.ts';

export const cancelUpdate = defineUpdate<CancelResult, [CancelInput]>(CANCEL_UPDATE);
export const reviewUpdate = defineUpdate<OrderStatus, [ReviewInput]>(REVIEW_UPDATE);
export const paymentEventSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);
export const statusQuery = defineQuery<OrderStatus>(STATUS_QUERY);

/** One order on its own. Its id, `order/<orderId>`, keeps it from running twice. */
export async function checkout({ order, policy, from }: CheckoutInput): Promise<CheckoutResult> {
  const { orderId } = order;
  const inbox = new PendingRequests();
  const parking = new StepRunner(orderId);
  const post = new CustomerNotifier(orderId, parking);
  const board = new OrderProgress(post);
  for (const paymentIntentId of from?.news ?? []) inbox.notePaymentEvent(paymentIntentId);
  if (from?.cancelReason !== undefined) inbox.requestCancel(from.cancelReason);

  setHandler(statusQuery, () => board.status);
  setHandler(paymentEventSignal, ({ paymentIntentId }) => {
    inbox.notePaymentEvent(paymentIntentId);
  });
  setHandler<CancelResult, [CancelInput], typeof cancelUpdate>(
    cancelUpdate,
    // Not cut off by a cancel of the workflow, which ends in the same answer.
    ({ reason }) =>
      CancellationScope.nonCancellable(async () => {
        inbox.requestCancel(reason);
        await condition(() => board.decided || parking.isBlocked);
        return { cancelled: board.status === 'cancelled', status: board.status };
      }),
    {
      validator: () => {
        if (board.decided)
          throw ApplicationFailure.nonRetryable(board.status, TOO_LATE_FAILURE, board.status);
      },
    },
  );
  setHandler<OrderStatus, [ReviewInput], typeof reviewUpdate>(
    reviewUpdate,
    (input) =>
      CancellationScope.nonCancellable(async () => {
        inbox.decide(input);
        await condition(() => board.status !== 'in_review' || parking.isBlocked);
        return board.status;
      }),
    {
      validator: () => {
        if (board.status !== 'in_review' || inbox.review() !== undefined)
          throw ApplicationFailure.nonRetryable(board.status, NOT_IN_REVIEW_FAILURE, board.status);
      },
    },
  );
  // A cancel from the Temporal UI is a cancel of the order: it is undone, not dropped.
  CancellationScope.current().cancelRequested.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
    inbox.requestCancel('workflow_cancelled');
  });

  return CancellationScope.nonCancellable(async () => {
    const { paymentIntentId, ...result } = await processOrder({ order, policy, inbox, board, parking, from });
    const accountedFor = new Set([paymentIntentId]);
    await handOverOtherPayments(orderId, inbox, accountedFor);
    await post.done();
    await condition(allHandlersFinished);
    await handOverOtherPayments(orderId, inbox, accountedFor);
    return result;
  });
}

/**
 * News came of a payment that is not the one the order has ended with, as when a first attempt that was given up for
 * dead has succeeded after all: whatever it took goes back.
 */
async function handOverOtherPayments(
  orderId: string,
  inbox: PendingRequests,
  accountedFor: Set<string | undefined>,
): Promise<void> {
  const others = (): string[] =>
    [...inbox.payments()].filter((paymentIntentId) => !accountedFor.has(paymentIntentId));
  if (others().length === 0 || !patched('other-payments-handed-over')) return;
  // More news may come while one is handed over.
  for (let [next] = others(); next !== undefined; [next] = others()) {
    accountedFor.add(next);
    await startLatePayment({ orderId, paymentIntentId: next });
  }
}
