import { condition } from '@temporalio/workflow';
import type { CheckoutOrder, OrderResult, ReviewPolicy } from '../contracts/temporal/checkout.ts';
import type { FailedStatus } from '../contracts/order-status.ts';
import type { ReviewUpdate } from '../contracts/temporal/operations.ts';
import { reviewReasons } from '../domain/review.ts';
import { Timer } from './lib/timer.ts';
import type { PendingRequests } from './lib/pending-requests.ts';
import type { StepRunner } from './lib/step-runner.ts';
import { recordReview } from './lib/steps.ts';
import type { OrderProgress } from './lib/progress.ts';

export interface ReviewParts {
  order: CheckoutOrder;
  policy: ReviewPolicy;
  inbox: PendingRequests;
  board: OrderProgress;
  parking: StepRunner;
}

/**
 * Waits for a person where a rule asks for one; the stock stays held meanwhile. Answers how the order fails by it, or
 * `undefined` if it goes on.
 */
export async function review(
  { order, policy, inbox, board, parking }: ReviewParts,
  reserved: OrderResult,
): Promise<{ status: FailedStatus; reason: string } | undefined> {
  const reasons = reviewReasons(order.request, reserved.total, policy);
  if (reasons.length === 0) return undefined;
  const { orderId } = order;
  await record({ orderId, event: 'in_review', status: 'in_review', reasons, deadlineMs: policy.deadlineMs });
  board.waitsIn('in_review');

  const deadline = new Timer(policy.deadlineMs, 'deadline of the review');
  try {
    await condition(
      () => deadline.fired || inbox.review() !== undefined || inbox.cancelReason() !== undefined,
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
    return parking.retryUntilDone({ name: 'recordReview', run: () => recordReview([update]) });
  }
}
