import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { concernStep } from '../../contracts/payment-concerns.ts';
import {
  CONCERN_SETTLED_SIGNAL,
  PAYMENT_EVENT_SIGNAL,
  type PaymentEventInput,
} from '../../contracts/temporal/messages.ts';
import type { ReconciliationInput } from '../../contracts/temporal/workflows.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { isText, membersOf } from '../lib/message-input.ts';
import { failureOf, reconcilePayments, type PaymentConcern } from '../lib/reconcile-payments.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { operation } from './operation.ts';

/** An operator or a signal ends the pause: asking the provider again would change nothing. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_OPERATOR_ACTS: Backoff = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };

export const concernSettledSignal = defineSignal<[PaymentEventInput]>(CONCERN_SETTLED_SIGNAL);
export const paymentChangedSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);

/**
 * Takes in what somebody else has done with the payments of an order that is decided: a person in the provider's dashboard, another
 * system, a customer who has authenticated late, the provider itself. Each signal names a payment that has changed; several that arrive
 * together are one reading. An operator is told of what cannot be put right by a refund or a release.
 */
export function reconciliation(input: ReconciliationInput): Promise<undefined> {
  const { orderId } = input;
  const hints = new Set<string>();
  let signals = 0;
  setHandler(paymentChangedSignal, (signal) => {
    const { paymentIntentId } = membersOf(signal);
    if (!isText(paymentIntentId)) return;
    hints.add(paymentIntentId);
    signals += 1;
  });
  const settled = new Set<string>();
  setHandler(concernSettledSignal, (signal) => {
    const { paymentIntentId } = membersOf(signal);
    if (isText(paymentIntentId)) settled.add(paymentIntentId);
  });
  return operation<undefined>(input, async ({ steps, notifier, kept }) => {
    const state = kept as KeptReconciliation;
    for (const hint of state.hints ?? []) hints.add(hint);
    const open = new Set<PaymentConcern>();
    const tell = (concern: PaymentConcern): void => {
      const { paymentIntentId } = concern;
      settled.delete(paymentIntentId);
      open.add(concern);
      state.concerns = [...open];
      void tellOperator(steps, concern, () => settled.has(paymentIntentId)).finally(() => {
        open.delete(concern);
        state.concerns = [...open];
      });
    };
    for (const concern of state.concerns ?? []) tell(concern);
    for (let read = -1; ;) {
      while (read !== signals) {
        read = signals;
        state.hints = [...hints];
        for (const concern of await reconcilePayments(
          { orderId, steps, notifier },
          { hints: () => [...hints] },
        ))
          tell(concern);
      }
      await condition(() => open.size === 0 || read !== signals);
      if (open.size === 0 && read === signals) return undefined;
    }
  });
}

/** What the next run of a reconciliation has to know. */
interface KeptReconciliation {
  hints?: string[];
  concerns?: PaymentConcern[];
}

/** Waits until an operator has acted, or it does not hold any more. `retry` says that it was dealt with, like every other action. */
async function tellOperator(
  steps: StepRunner,
  concern: PaymentConcern,
  isSettled: () => boolean,
): Promise<void> {
  await steps.retryUntilDoneOrSkipped({
    name: concernStep(concern.paymentIntentId),
    roundsBeforeParking: 1,
    backoff: UNTIL_OPERATOR_ACTS,
    inBackground: true,
    pauseEndsWhen: () => isSettled,
    run: (round) => (round === 0 ? Promise.reject(failureOf(concern)) : Promise.resolve()),
  });
}
