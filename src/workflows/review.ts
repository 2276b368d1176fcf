import { condition } from '@temporalio/workflow';
import type { CheckoutOrder, OrderAnswer, ReviewPolicy } from '../contracts/temporal/checkout.ts';
import type { FailedStatus } from '../contracts/order-status.ts';
import type { ReviewUpdate } from '../contracts/temporal/operations.ts';
import { reviewReasons } from '../domain/review.ts';
import { Alarm } from './lib/timer.ts';
import type { Inbox } from './lib/pending-requests.ts';
import type { Parking } from './lib/retry-until-done.ts';
import { recordReview } from './lib/steps.ts';
import type { Storyboard } from './lib/progress.ts';

export interface ReviewParts {
  order: CheckoutOrder;
  policy: ReviewPolicy;
  inbox: Inbox;
  board: Storyboard;
  parking: Parking;
}

/**
 * Waits for a person where a rule asks for one; the stock stays held meanwhile. Answers how the order fails by it, or
 * `undefined` if it goes on.
 */
export async function review(
  { order, policy, inbox, board, parking }: ReviewParts,
  reserved: OrderAnswer,
): Promise<{ status: FailedStatus; reason: string } | undefined> {
  const reasons = reviewReasons(order.request, reserved.total, policy);
  if (reasons.length === 0) return undefined;
  const { orderId } = order;
  await record({ orderId, event: 'in_review', status: 'in_review', reasons, deadlineMs: policy.deadlineMs });
  board.waitsIn('in_review');

  const deadline = new Alarm(policy.deadlineMs, 'deadline of the review');
  try {
    await condition(
      () => deadline.rang || inbox.review() !== undefined || inbox.cancelReason() !== undefined,
    );
  } finally {
    deadline.cancel();
  }
  const cancelReason = inbox.cancelReason();
  if (cancelReason !== undefined) return { status: 'cancelled', reason: cancelReason };
  const decided = inbox.review();
  if (!decided) return { status: 'expired', reason: 'review_expired' };

  if (decided.decision === 'reject') {
    await record({ orderId, event: 'review_rejected', status: 'in_review', ...decided });
    return { status: 'rejected', reason: 'review_rejected' };
  }
  await record({ orderId, event: 'review_approved', status: 'reserved', ...decided });
  board.waitsIn('reserved');
  return undefined;

  function record(update: ReviewUpdate): Promise<unknown> {
    return parking.untilDone({ name: 'recordReview', run: () => recordReview([update]) });
  }
}
