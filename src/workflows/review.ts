import { condition } from '@temporalio/workflow';
import type { OrderResult, ReviewPolicy } from '../contracts/temporal/checkout.ts';
import type { ReviewUpdate } from '../contracts/temporal/operations.ts';
import type { FailedOrder } from '../contracts/temporal/workflows.ts';
import { reviewReasons } from '../domain/review.ts';
import type { CheckoutContext } from './checkout-context.ts';
import { recordReview } from './lib/activities.ts';
import { currentTimeMs, Timer } from './lib/timer.ts';

/**
 * Waits for a reviewer where a rule requires one; the stock stays held meanwhile. Returns how the order fails, or
 * `undefined` if it continues.
 */
export async function review(
  { order, run, requests, progress, steps, handOver, position }: CheckoutContext,
  policy: ReviewPolicy,
  reserved: OrderResult,
): Promise<FailedOrder | undefined> {
  const reasons = reviewReasons(order.request, reserved.total, policy);
  if (reasons.length === 0) return undefined;
  if (position.reviewUntil === undefined) {
    await record({ ...run, event: 'in_review', status: 'in_review', reasons, deadlineMs: policy.deadlineMs });
    progress.waiting('in_review');
    position.reviewUntil = currentTimeMs() + policy.deadlineMs;
  }

  const deadline = new Timer(Math.max(position.reviewUntil - currentTimeMs(), 1), 'Deadline of the review');
  const isOver = (): boolean =>
    deadline.fired || requests.review() !== undefined || requests.cancelReason() !== undefined;
  try {
    await condition(() => isOver() || handOver.isDue);
    if (!isOver()) {
      await handOver.leave();
      await condition(isOver);
    }
  } finally {
    deadline.cancel();
  }
  const cancelReason = requests.cancelReason();
  if (cancelReason !== undefined) return { status: 'cancelled', reason: cancelReason };
  const decided = requests.review();
  if (!decided) return { status: 'expired', reason: 'review_expired' };

  if (decided.decision === 'reject') {
    await record({ ...run, event: 'review_rejected', status: 'in_review', ...decided });
    const { actor, note } = decided;
    return {
      status: 'rejected',
      reason: 'review_rejected',
      ...(actor && { actor }),
      ...(note !== undefined && { note }),
    };
  }
  await record({ ...run, event: 'review_approved', status: 'reserved', ...decided });
  progress.waiting('reserved');
  return undefined;

  function record(update: ReviewUpdate): Promise<unknown> {
    return steps.retryUntilDone({ name: 'recordReview', run: () => recordReview([update]) });
  }
}
