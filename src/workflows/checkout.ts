import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { OrderStatus } from '../contracts/order-status.ts';
import {
  CANCEL_UPDATE,
  PAYMENT_EVENT_SIGNAL,
  STATUS_QUERY,
  TOO_LATE_FAILURE,
  type CancelInput,
  type CancelResult,
  type CheckoutInput,
  type CheckoutResult,
  type PaymentEventInput,
} from '../contracts/temporal.ts';
import { Inbox } from './inbox.ts';
import { orderStory } from './order-story.ts';
import { Storyboard } from './storyboard.ts';

export const cancelUpdate = defineUpdate<CancelResult, [CancelInput]>(CANCEL_UPDATE);
export const paymentEventSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);
export const statusQuery = defineQuery<OrderStatus>(STATUS_QUERY);

/** One order on its own. Its id, `order/<orderId>`, keeps it from running twice. */
export async function checkout({ order, policy }: CheckoutInput): Promise<CheckoutResult> {
  const inbox = new Inbox();
  const board = new Storyboard(order.orderId);

  setHandler(statusQuery, () => board.status);
  setHandler(paymentEventSignal, () => {
    inbox.notePaymentEvent();
  });
  setHandler<CancelResult, [CancelInput], typeof cancelUpdate>(
    cancelUpdate,
    // Not cut off by a cancel of the workflow, which ends in the same answer.
    ({ reason }) =>
      CancellationScope.nonCancellable(async () => {
        inbox.requestCancel(reason);
        await condition(() => board.decided);
        return { cancelled: board.status === 'cancelled', status: board.status };
      }),
    {
      validator: () => {
        if (board.decided)
          throw ApplicationFailure.nonRetryable(board.status, TOO_LATE_FAILURE, board.status);
      },
    },
  );
  // A cancel from the Temporal UI is a cancel of the order: it is undone, not dropped.
  CancellationScope.current().cancelRequested.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
    inbox.requestCancel('workflow_cancelled');
  });

  return CancellationScope.nonCancellable(async () => {
    const result = await orderStory(order, policy, inbox, board);
    await board.mailsDone();
    await condition(allHandlersFinished);
    return result;
  });
}
