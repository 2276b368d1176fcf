import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/messages.ts';
import type { CarriedOperation } from '../../contracts/temporal/operations.ts';
import { HandOver } from '../lib/hand-over.ts';
import { CustomerNotifier } from '../lib/notifier.ts';
import { StepRunner } from '../lib/step-runner.ts';

/** The input of an operation. */
interface OperationInput {
  orderId: string;
  carried?: CarriedOperation;
}

export interface OperationContext<Result> {
  steps: StepRunner;
  notifier: CustomerNotifier;
  /** Sets the result that the update `outcome` returns if the operation is parked before it is done. */
  setPreliminaryResult: (result: Result) => void;
  /** What the operation sets here, the next run finds here. PostgreSQL has the rest. */
  kept: Record<string, unknown>;
  /** Call it before a pause that is not one of a step, and repeats: it continues as new when the history is long. */
  mayContinueAsNew: () => Promise<void>;
}

/**
 * Runs an operation on a paid order, which is a workflow of its own. A cancellation of the workflow does not stop it
 * halfway. Callers wait by the update `outcome`, which returns when the operation is refused, done, or parked.
 *
 * Every operation begins with a step that PostgreSQL recognises as a repeat, so a run that continues as new begins anew.
 */
export async function operation<Result>(
  input: OperationInput,
  run: (context: OperationContext<Result>) => Promise<Result>,
): Promise<Result> {
  const { orderId, carried } = input;
  const steps = new StepRunner(orderId, carried?.parked);
  const notifier = new CustomerNotifier(orderId, steps);
  const kept = { ...carried?.kept };
  let result = carried?.result as Result | undefined;
  let done = carried?.done ?? false;
  const handOver = new HandOver(
    () => steps.isQuiet && notifier.isQuiet,
    () => {
      const { carried: parked } = steps;
      const next: CarriedOperation = { parked, mails: notifier.carried, result, done, kept };
      return continueAsNew<(next: OperationInput) => Promise<Result>>({ ...input, carried: next });
    },
  );
  steps.handOver = handOver;

  const outcomeUpdate = defineUpdate<OperationOutcome<Result>>(OUTCOME_UPDATE);
  setHandler<OperationOutcome<Result>, [], typeof outcomeUpdate>(outcomeUpdate, () =>
    CancellationScope.nonCancellable(async (): Promise<OperationOutcome<Result>> => {
      await condition(() => done || steps.isBlocked || handOver.isLeaving);
      return { state: done ? 'done' : 'parked', ...(result !== undefined && { result }) };
    }),
  );
  return CancellationScope.nonCancellable(async () => {
    if (carried) notifier.takeOver(carried.mails);
    if (!done || result === undefined)
      result = await run({
        steps,
        notifier,
        setPreliminaryResult: (preliminary) => {
          result = preliminary;
        },
        kept,
        mayContinueAsNew: async () => {
          if (handOver.isDue) await handOver.leave();
        },
      });
    done = true;
    if (steps.hasUnneeded) await steps.clearUnneeded();
    await notifier.doneOr(handOver);
    await condition(allHandlersFinished);
    return result;
  });
}
