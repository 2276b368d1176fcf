import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../contracts/temporal/names.ts';
import { StepRunner } from '../lib/step-runner.ts';
import { CustomerNotifier } from '../lib/notifier.ts';

export interface OperationParts<Answer> {
  parking: StepRunner;
  post: CustomerNotifier;
  /** What whoever waits is told from now on; the operation may still be at work. */
  tellWaiting: (answer: Answer) => void;
}

/**
 * An operation on an order that is paid, as a workflow of its own. Once begun it is carried to its end: cancelling the
 * workflow does not stop it halfway. Whoever asked for it waits by the Update `outcome`, which answers when it is refused, done,
 * or parked.
 */
export async function operation<Answer>(
  orderId: string,
  run: (parts: OperationParts<Answer>) => Promise<Answer>,
): Promise<Answer> {
  const parking = new StepRunner(orderId);
  const post = new CustomerNotifier(orderId, parking);
  let answer: Answer | undefined;
  let done = false;

  const outcomeUpdate = defineUpdate<OperationOutcome<Answer>>(OUTCOME_UPDATE);
  setHandler<OperationOutcome<Answer>, [], typeof outcomeUpdate>(outcomeUpdate, () =>
    CancellationScope.nonCancellable(async (): Promise<OperationOutcome<Answer>> => {
      await condition(() => done || parking.isBlocked);
      return { state: done ? 'done' : 'parked', ...(answer !== undefined && { answer }) };
    }),
  );
  return CancellationScope.nonCancellable(async () => {
    answer = await run({
      parking,
      post,
      tellWaiting: (preliminary) => {
        answer = preliminary;
      },
    });
    done = true;
    await post.done();
    await condition(allHandlersFinished);
    return answer;
  });
}
