import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { concernStep } from '../../contracts/payment-concerns.ts';
import {
  CONCERN_FOUND_SIGNAL,
  CONCERN_SETTLED_SIGNAL,
  PAYMENT_EVENT_SIGNAL,
  type PaymentEventInput,
} from '../../contracts/temporal/messages.ts';
import type { ReconciliationInput } from '../../contracts/temporal/workflows.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { isOptionalText, isText, membersOf } from '../lib/message-input.ts';
import { failureOf, reconcilePayments, type PaymentConcern } from '../lib/reconcile-payments.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { operation } from './operation.ts';

/** An operator or a signal ends the pause: asking the provider again would change nothing. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_OPERATOR_ACTS: Backoff = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };

export const concernFoundSignal = defineSignal<[PaymentConcern]>(CONCERN_FOUND_SIGNAL);
export const concernSettledSignal = defineSignal<[PaymentEventInput]>(CONCERN_SETTLED_SIGNAL);
export const paymentChangedSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);

/**
 * Takes in what somebody else has done with the payments of an order that is decided: a person in the provider's dashboard, another
 * system, a customer who has authenticated late, the provider itself. Each signal names a payment that has changed; several that arrive
 * together are one reading. An operator is told of what cannot be put right by a refund or a release, also of what another operation has found.
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
  const found: PaymentConcern[] = [];
  let tellFound = (): void => undefined;
  setHandler(concernFoundSignal, (concern: unknown) => {
    if (!isConcernOfPayment(concern)) return;
    found.push(concern);
    tellFound();
  });
  const settled = new Set<string>();
  setHandler(concernSettledSignal, (signal) => {
    const { paymentIntentId } = membersOf(signal);
    if (isText(paymentIntentId)) settled.add(paymentIntentId);
  });
  return operation<undefined>(input, async ({ steps, notifier, kept }) => {
    const state = kept as KeptReconciliation;
    for (const hint of state.hints ?? []) hints.add(hint);
    const open = new Map<string, PaymentConcern>();
    const tell = (concern: PaymentConcern): void => {
      const { paymentIntentId } = concern;
      const before = open.get(paymentIntentId);
      settled.delete(paymentIntentId);
      if (before && failureOf(before).message === failureOf(concern).message) return;
      open.set(paymentIntentId, concern);
      state.concerns = [...open.values()];
      if (!before) void tellUntilSettled(paymentIntentId);
    };
    const tellUntilSettled = async (paymentIntentId: string): Promise<void> => {
      for (let first = open.get(paymentIntentId); first; first = open.get(paymentIntentId)) {
        const before = first;
        const told = await tellOperator(
          steps,
          before,
          () => open.get(paymentIntentId) ?? before,
          () => settled.has(paymentIntentId),
        );
        if (open.get(paymentIntentId) === told) open.delete(paymentIntentId);
      }
      state.concerns = [...open.values()];
    };
    for (const concern of state.concerns ?? []) tell(concern);
    tellFound = () => {
      for (const concern of found.splice(0)) tell(concern);
    };
    tellFound();
    // While a mail waits, more signals may come.
    const isIdle = (): boolean => open.size === 0 && notifier.carried.length === 0;
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
      await condition(() => isIdle() || read !== signals);
      if (isIdle() && read === signals) return undefined;
    }
  });
}

/** What the next run of a reconciliation has to know. */
interface KeptReconciliation {
  hints?: string[];
  concerns?: PaymentConcern[];
}

/**
 * Waits until an operator has acted, or it does not hold any more. `retry` says that it was dealt with, like every other action. A newer
 * concern of the same payment takes the place of the one before. Returns the last that the operator was told of.
 */
async function tellOperator(
  steps: StepRunner,
  first: PaymentConcern,
  newest: () => PaymentConcern,
  isSettled: () => boolean,
): Promise<PaymentConcern> {
  const name = concernStep(first.paymentIntentId);
  let told = first;
  // The run before may have told it.
  let isTold = steps.isParked(name);
  await steps.retryUntilDoneOrSkipped({
    name,
    roundsBeforeParking: 1,
    backoff: UNTIL_OPERATOR_ACTS,
    inBackground: true,
    pauseEndsWhen: () => () => isSettled() || told !== newest(),
    run: () => {
      if (isTold && (told === newest() || isSettled())) return Promise.resolve();
      isTold = true;
      told = newest();
      return Promise.reject(failureOf(told));
    },
  });
  return told;
}

function isConcernOfPayment(input: unknown): input is PaymentConcern {
  const { paymentIntentId, currency, ended, missing, excess, returned } = membersOf(input);
  const amounts = [missing, excess, returned];
  return (
    isText(paymentIntentId) &&
    isOptionalText(currency) &&
    (ended === undefined || ended === 'expired' || ended === 'released') &&
    amounts.every((amount) => amount === undefined || typeof amount === 'number')
  );
}
