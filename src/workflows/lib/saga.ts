import { CancellationScope } from '@temporalio/workflow';

/**
 * The compensations of a workflow. Each is registered before its step, because a step that failed or was interrupted may
 * have taken effect; a compensation must therefore do no harm if it has not. Compensations run in reverse, and a
 * cancellation of the workflow does not stop them. A compensation that throws stops the ones after it, so it must retry
 * until it succeeds (`StepRunner.retryUntilDone`).
 */
export class Saga<Ending> {
  readonly #compensations: ((ending: Ending) => Promise<Ending>)[] = [];

  /** `compensation` receives how the workflow ends, and returns that with what it has changed. */
  add(compensation: (ending: Ending) => Promise<Ending>): void {
    this.#compensations.push(compensation);
  }

  async compensate(ending: Ending): Promise<Ending> {
    return CancellationScope.nonCancellable(async () => {
      let current = ending;
      for (const compensation of this.#compensations.splice(0).reverse())
        current = await compensation(current);
      return current;
    });
  }
}
