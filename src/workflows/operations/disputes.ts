import {
  ApplicationFailure,
  defineSignal,
  log,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import { RESPOND_TO_DISPUTE } from '../../contracts/dispute-states.ts';
import type {
  DisputesChangedInput,
  DisputesInput,
  DisputesResult,
  RecordedDisputes,
} from '../../contracts/temporal/disputes.ts';
import { DISPUTES_CHANGED_SIGNAL } from '../../contracts/temporal/messages.ts';
import { disputesWorkflowId } from '../../contracts/temporal/names.ts';
import { isEnd } from '../../domain/order-status.ts';
import { findDisputedOrder, readDisputes, recordDisputes, resolveStep } from '../lib/activities.ts';
import { isNonRetryable, isStepFailure } from '../lib/failures.ts';
import { isActor, isText, membersOf } from '../lib/message-input.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { operation } from './operation.ts';

/** What a dispute gives back to an order that does not want it goes back to the customer. */
const RECONCILE_ENDED_ORDERS = 'reconcile_ended_orders';

export const disputesChanged = defineSignal<[DisputesChangedInput]>(DISPUTES_CHANGED_SIGNAL);

/**
 * Records the disputes of a payment as the provider says they are. A signal is a hint only, and its sequence means nothing: after each
 * one the provider is asked again, so that repeated, late and reordered events do no harm.
 */
export async function disputes(input: DisputesInput): Promise<DisputesResult> {
  const { paymentIntentId, orderId: known } = input;
  let changes = 0;
  const retries: NonNullable<DisputesChangedInput['retry']>[] = [];
  /** How many requests of operators this run has recorded. */
  let recorded = 0;
  setHandler(disputesChanged, (input: unknown) => {
    changes += 1;
    const { retry } = membersOf(input);
    if (retry === undefined) return;
    const { note, actor } = membersOf(retry);
    retries.push({ ...(isText(note) && { note }), ...(isActor(actor) && { actor }) });
  });

  const orderId = known ?? (await orderOf(paymentIntentId));
  if (orderId === undefined) return ignored();
  const reference = { orderId, paymentIntentId };

  return operation<DisputesResult>({ ...input, orderId }, async ({ steps, notifier }) => {
    for (;;) {
      const seen = changes;
      await recordRetries();
      const { status } = await steps.retryUntilDone({ name: 'readDisputes', run: () => update(reference) });
      if (status !== undefined && isEnd(status) && patched(RECONCILE_ENDED_ORDERS))
        await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }));
      // PostgreSQL returns no status of an order that it does not have.
      if (changes === seen) return status === undefined ? ignored() : 'recorded';
    }

    /** Adds an event for each request of an operator. */
    async function recordRetries(): Promise<void> {
      for (const retry of retries.splice(0)) {
        recorded += 1;
        const actionId = `${workflowInfo().runId}/${recorded}`;
        const workflowId = disputesWorkflowId(reference.orderId, paymentIntentId);
        const step = { orderId: reference.orderId, workflowId, step: RESPOND_TO_DISPUTE };
        await steps.retryUntilDone({
          name: 'resolveStep',
          run: () => resolveStep([{ ...step, action: 'retry', actionId, ...retry }]),
        });
      }
    }
  });

  function ignored(): DisputesResult {
    log.warn('disputes ignored a dispute of a payment of an unknown order', {
      paymentIntentId,
      workflowId: workflowInfo().workflowId,
    });
    return 'ignored';
  }
}

/** Asks the provider and records its answer. Fails if another process has asked later, and recorded something else: then it is asked again. */
async function update(reference: PaymentReference): Promise<Partial<RecordedDisputes>> {
  const read = singleOutcome(await readDisputes([reference]));
  const recorded = singleOutcome(await recordDisputes([{ ...read, orderId: reference.orderId }]));
  if (recorded.outdated)
    throw ApplicationFailure.retryable(
      'What is recorded was asked for later, and differs',
      'DisputesOutdated',
    );
  return recorded;
}

/** Undefined: the payment is of another system, or of another account. */
async function orderOf(paymentIntentId: string): Promise<string | undefined> {
  try {
    return singleOutcome(await findDisputedOrder([{ paymentIntentId }])).orderId;
  } catch (error) {
    if (isStepFailure(error) && isNonRetryable(error)) return undefined;
    throw error;
  }
}
