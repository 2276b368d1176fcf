import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { PAYMENT_EVENT_SIGNAL, type PaymentEventInput } from '../../contracts/temporal/messages.ts';
import type { ReconciliationInput } from '../../contracts/temporal/workflows.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { isText, membersOf } from '../lib/message-input.ts';
import { failureOf, reconcilePayments, type PaymentConcern } from '../lib/reconcile-payments.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { operation } from './operation.ts';

/** Only an operator ends the pause: asking the provider again would change nothing. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_OPERATOR_ACTS: Backoff = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };

export const paymentChangedSignal = defineSignal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL);

/**
 * Takes in what somebody else has done with the payments of an order that is decided: a person in the provider's dashboard, another
 * system, a customer who has authenticated late, the provider itself. Each signal names a payment that has changed; several that arrive
 * together are one reading. An operator is told of what cannot be put right by a refund or a release.
 */
export function reconciliation({ orderId }: ReconciliationInput): Promise<undefined> {
  const hints = new Set<string>();
  let signals = 0;
  setHandler(paymentChangedSignal, (input) => {
    const { paymentIntentId } = membersOf(input);
    if (!isText(paymentIntentId)) return;
    hints.add(paymentIntentId);
    signals += 1;
  });
  return operation<undefined>(orderId, async ({ steps, notifier }) => {
    let open = 0;
    for (let read = -1; ;) {
      while (read !== signals) {
        read = signals;
        const concerns = await reconcilePayments({ orderId, steps, notifier }, { hints: () => [...hints] });
        for (const concern of concerns) {
          open += 1;
          void tellOperator(steps, concern).finally(() => {
            open -= 1;
          });
        }
      }
      await condition(() => open === 0 || read !== signals);
      if (open === 0 && read === signals) return undefined;
    }
  });
}

/** Waits until an operator has acted. `retry` says that it was dealt with, like every other action. */
async function tellOperator(steps: StepRunner, concern: PaymentConcern): Promise<void> {
  await steps.retryUntilDoneOrSkipped({
    name: `checkPayment ${concern.paymentIntentId}`,
    roundsBeforeParking: 1,
    backoff: UNTIL_OPERATOR_ACTS,
    inBackground: true,
    run: (round) => (round === 0 ? Promise.reject(failureOf(concern)) : Promise.resolve()),
  });
}
