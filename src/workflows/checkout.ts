import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  setHandler,
} from '@temporalio/workflow';
import type { OrderStatus } from '../contracts/order-status.ts';
import type { RunOfOrder } from '../contracts/temporal/checkout.ts';
import {
  CANCEL_UPDATE,
  NOT_IN_REVIEW_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  REVIEW_UPDATE,
  STATUS_QUERY,
  TOO_LATE_FAILURE,
  type CancelInput,
  type CancelResult,
  type PaymentEventInput,
  type ReviewInput,
} from '../contracts/temporal/messages.ts';
import { REVIEW_DECISIONS } from '../contracts/temporal/operations.ts';
import type { CarriedCheckout, CheckoutInput, CheckoutResult } from '../contracts/temporal/workflows.ts';
import type { CheckoutContext } from './checkout-context.ts';
import { isSuperseded } from './lib/failures.ts';
import { HandOver } from './lib/hand-over.ts';
import {
  invalidInput,
  isActor,
  isOptionalActor,
  isOptionalObject,
  isOptionalText,
  isText,
  membersOf,
} from './lib/message-input.ts';
import { CustomerNotifier } from './lib/notifier.ts';
import { PendingRequests } from './lib/pending-requests.ts';
import { OrderProgress } from './lib/progress.ts';
import { StepRunner } from './lib/step-runner.ts';
import { processOrder } from './process-order.ts';
import { startLatePayment } from './start-late-payment.ts';

export const cancelUpdate = defineUpdate<CancelResult, [CancelInput]>(CANCEL_UPDATE);
export const reviewUpdate = defineUpdate<OrderStatus, [ReviewInput]>(REVIEW_UPDATE);
export const paymentEventSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);
export const statusQuery = defineQuery<OrderStatus>(STATUS_QUERY);

/**
 * One order. Its workflow id, `order/<orderId>`, keeps it from running twice. A run whose history has become long, because something has
 * failed or was waited for over weeks, continues as new from where it is.
 */
export async function checkout(input: CheckoutInput): Promise<CheckoutResult> {
  const { order, policy, epoch, handoff, carried } = input;
  const { orderId } = order;
  const run: RunOfOrder = { orderId, ...(epoch !== undefined && { epoch }) };
  const requests = new PendingRequests();
  const steps = new StepRunner(run, carried?.parked);
  const notifier = new CustomerNotifier(orderId, steps);
  const progress = new OrderProgress(notifier);
  const position = { ...carried?.position };
  const handOver = new HandOver(
    () => steps.isQuiet && notifier.isQuiet,
    () => {
      const next: CarriedCheckout = {
        parked: steps.carried,
        mails: notifier.carried,
        requests: requests.carried,
        position,
        shown: progress.carried,
      };
      // The next run has the same epoch: the order does not pass to another run that PostgreSQL would have to know.
      return continueAsNew<typeof checkout>({ ...input, carried: next });
    },
  );
  steps.handOver = handOver;
  if (carried) {
    requests.takeOver(carried.requests);
    progress.takeOver(carried.shown);
  } else {
    for (const paymentIntentId of handoff?.paymentIntentIds ?? []) requests.addPaymentEvent(paymentIntentId);
    if (order.cancelReason !== undefined) requests.requestCancel(order.cancelReason, order.cancelActor);
    if (handoff?.cancelReason !== undefined) requests.requestCancel(handoff.cancelReason);
    if (handoff?.review) requests.addReview(handoff.review);
  }
  const context: CheckoutContext = {
    order,
    run,
    policy,
    requests,
    progress,
    steps,
    handOver,
    position,
    handoff,
  };
  handleMessages(context);

  return CancellationScope.nonCancellable(async () => {
    if (carried) notifier.takeOver(carried.mails);
    const processed = await untilSuperseded(context, processOrder(context));
    if (processed === 'superseded') return superseded(context);
    position.result = processed;
    const { paymentIntentId, ...result } = processed;
    if (steps.hasUnneeded) {
      const cleared = await untilSuperseded(context, steps.clearUnneeded());
      if (cleared === 'superseded') return superseded(context);
    }
    const accountedFor = new Set([paymentIntentId]);
    await startLatePayments(orderId, requests, accountedFor);
    await notifier.doneOr(handOver);
    await condition(allHandlersFinished);
    await startLatePayments(orderId, requests, accountedFor);
    return result;
  });
}

/** Returns 'superseded' when a step was refused because a later run carries the order. Nothing is undone then: that is up to the later run. */
async function untilSuperseded<T>(
  { order: { orderId }, progress }: CheckoutContext,
  processing: Promise<T>,
): Promise<T | 'superseded'> {
  try {
    return await processing;
  } catch (error) {
    if (!isSuperseded(error)) throw error;
    log.warn('checkout ends because a later run carries its order', { orderId });
    progress.ownedElsewhere();
    return 'superseded';
  }
}

/** Mails that are not sent yet are sent by the later run. */
async function superseded({ order: { orderId }, progress }: CheckoutContext): Promise<CheckoutResult> {
  await condition(allHandlersFinished);
  return { orderId, status: progress.status };
}

function handleMessages({ order: { orderId }, requests, progress, steps, handOver }: CheckoutContext): void {
  setHandler(statusQuery, () => progress.status);
  setHandler(paymentEventSignal, (input: unknown) => {
    const { paymentIntentId } = membersOf(input);
    if (isText(paymentIntentId)) requests.addPaymentEvent(paymentIntentId);
    else log.warn('checkout ignores a payment event that names no payment', { orderId });
  });
  setHandler<CancelResult, [CancelInput], typeof cancelUpdate>(
    cancelUpdate,
    // A cancellation of the workflow does not interrupt the handler, because it cancels the order too.
    (input: unknown) =>
      CancellationScope.nonCancellable(async () => {
        const { reason, actor } = membersOf(input);
        requests.requestCancel(isText(reason) ? reason : undefined, isActor(actor) ? actor : undefined);
        await condition(() => progress.decided || steps.isBlocked || handOver.isLeaving);
        return { cancelled: progress.status === 'cancelled', status: progress.status };
      }),
    {
      validator: (input: unknown) => {
        const { reason, actor } = membersOf(input);
        if (!isOptionalObject(input) || !isOptionalText(reason) || !isOptionalActor(actor))
          throw invalidInput(
            `The update that cancels order ${orderId} takes an object or nothing, its reason must be a text, and its actor one of ours`,
          );
        if (progress.decided)
          throw ApplicationFailure.nonRetryable(
            `Checkout cannot cancel order ${orderId}: it is ${progress.status}`,
            TOO_LATE_FAILURE,
            progress.status,
          );
      },
    },
  );
  setHandler<OrderStatus, [ReviewInput], typeof reviewUpdate>(
    reviewUpdate,
    (input) =>
      CancellationScope.nonCancellable(async () => {
        requests.addReview(input);
        await condition(() => progress.status !== 'in_review' || steps.isBlocked || handOver.isLeaving);
        return progress.status;
      }),
    {
      validator: (input: unknown) => {
        const { decision, note, actor } = membersOf(input);
        if (
          !REVIEW_DECISIONS.some((known) => known === decision) ||
          !isOptionalText(note) ||
          !isOptionalActor(actor)
        )
          throw invalidInput(
            `The review of order ${orderId} needs the decision ${REVIEW_DECISIONS.join(' or ')}, and its note must be a text`,
          );
        if (progress.status !== 'in_review' || requests.review() !== undefined)
          throw ApplicationFailure.nonRetryable(
            `Order ${orderId} does not wait for a review: it is ${progress.status}${requests.review() === undefined ? '' : ' and was decided on'}`,
            NOT_IN_REVIEW_FAILURE,
            progress.status,
          );
      },
    },
  );
  // A cancellation of the workflow, as from the Temporal UI, cancels the order: it is compensated, not stopped halfway.
  CancellationScope.current().cancelRequested.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
    requests.requestCancel('workflow_cancelled');
  });
}

/**
 * Starts a workflow for every payment that had an event and is not the one the order ended with, for example a first
 * attempt that succeeded after it was given up. That workflow refunds whatever the payment took.
 */
async function startLatePayments(
  orderId: string,
  requests: PendingRequests,
  accountedFor: Set<string | undefined>,
): Promise<void> {
  const next = (): string | undefined =>
    [...requests.paymentIntentIds()].find((paymentIntentId) => !accountedFor.has(paymentIntentId));
  // Events of other payments may arrive while one workflow is started.
  for (let other = next(); other !== undefined; other = next()) {
    accountedFor.add(other);
    await startLatePayment({ orderId, paymentIntentId: other });
  }
}
