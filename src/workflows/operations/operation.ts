import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/messages.ts';
import { CustomerNotifier } from '../lib/notifier.ts';
import { StepRunner } from '../lib/step-runner.ts';

export interface OperationContext<Result> {
  steps: StepRunner;
  notifier: CustomerNotifier;
  /** Sets the result that the update `outcome` returns if the operation is parked before it is done. */
  setPreliminaryResult: (result: Result) => void;
}

/**
 * Runs an operation on a paid order, which is a workflow of its own. A cancellation of the workflow does not stop it
 * halfway. Callers wait by the update `outcome`, which returns when the operation is refused, done, or parked.
 */
export async function operation<Result>(
  orderId: string,
  run: (context: OperationContext<Result>) => Promise<Result>,
): Promise<Result> {
  const steps = new StepRunner(orderId);
  const notifier = new CustomerNotifier(orderId, steps);
  let result: Result | undefined;
  let done = false;

  const outcomeUpdate = defineUpdate<OperationOutcome<Result>>(OUTCOME_UPDATE);
  setHandler<OperationOutcome<Result>, [], typeof outcomeUpdate>(outcomeUpdate, () =>
    CancellationScope.nonCancellable(async (): Promise<OperationOutcome<Result>> => {
      await condition(() => done || steps.isBlocked);
      return { state: done ? 'done' : 'parked', ...(result !== undefined && { result }) };
    }),
  );
  return CancellationScope.nonCancellable(async () => {
    result = await run({
      steps,
      notifier,
      setPreliminaryResult: (preliminary) => {
        result = preliminary;
      },
    });
    done = true;
    await notifier.done();
    await condition(allHandlersFinished);
    return result;
  });
}
