import { condition, log } from '@temporalio/workflow';
import type { AttentionAction } from '../../contracts/attention.ts';
import { pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { attemptsOf, isNonRetryable, isStepFailure, reasonOf } from './failures.ts';
import { ParkedSteps } from './parked-steps.ts';
import { isSkip, type SkipAction, type Step, type StepResult } from './step.ts';
import { Timer } from './timer.ts';

/** Up to 15 s for ten minutes, then up to a quarter of an hour, so that a long outage does not fill the history. */
const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000, later: { fromRound: 40, maxMs: 900_000 } };
/** About 40 s: 15 s of pauses between the rounds, and about 5 s of retries of the activity in each round. */
const ROUNDS_BEFORE_PARKING = 5;

/**
 * Runs the steps of one workflow. A step that fails is never dropped: it is retried, with growing pauses, until it succeeds.
 * A step that fails for too long is parked: an operator can have it retried at once or, where the workflow can continue
 * without it, skipped.
 */
export class StepRunner {
  readonly #parkedSteps: ParkedSteps;

  constructor(orderId: string) {
    this.#parkedSteps = new ParkedSteps(orderId);
  }

  /** Whether the workflow cannot continue before an operator has acted. */
  get isBlocked(): boolean {
    return this.#parkedSteps.isBlocked;
  }

  /** Runs a step that the workflow cannot continue without. */
  async retryUntilDone<T>(step: Step<T>): Promise<T> {
    const end = await this.#retry(step, ['retry']);
    if ('done' in end) return end.done;
    throw new Error(`Step ${step.name} was skipped although the workflow cannot continue without it`);
  }

  /** Runs a step that an operator may skip once it is parked. */
  retryUntilDoneOrSkipped<T>(step: Step<T>): Promise<StepResult<T>> {
    return this.#retry(step, ['retry', 'skip', 'resolve']);
  }

  async #retry<T>(step: Step<T>, actions: AttentionAction[]): Promise<StepResult<T>> {
    const { name, roundsBeforeParking = ROUNDS_BEFORE_PARKING, inBackground = false, payment } = step;
    let attempts = 0;
    for (let round = 0; ; round += 1) {
      try {
        const done = await step.run(round);
        await this.#clear(name);
        return { done };
      } catch (error) {
        if (!isStepFailure(error)) throw error;
        log.warn('step failed; workflow retries it', { step: name, round });
        attempts += attemptsOf(error);
        await step.onFailure?.(round);
        if (round + 1 >= roundsBeforeParking || isNonRetryable(error)) {
          const report = { reason: reasonOf(error), attempts, ...(payment && { payment }) };
          await this.#parkedSteps.park(name, actions, inBackground, report);
        }
        const skippedBy = await this.#pause(step, round);
        if (skippedBy) return { skippedBy };
      }
    }
  }

  /** Ends early when an operator has acted. Returns the operator's action if it skips the step. */
  async #pause<T>(
    { name, backoff = BACKOFF, pauseEndsWhen }: Step<T>,
    round: number,
  ): Promise<SkipAction | undefined> {
    const endsEarly = pauseEndsWhen?.() ?? (() => false);
    const timer = new Timer(pauseBefore(round, backoff), `Pause before ${name} is retried`);
    try {
      await condition(
        () => timer.fired || endsEarly() || this.#parkedSteps.recordedAction(name) !== undefined,
      );
    } finally {
      timer.cancel();
    }
    const action = this.#parkedSteps.takeAction(name);
    return isSkip(action) ? action : undefined;
  }

  /** Records that a parked step has succeeded. */
  async #clear(name: string): Promise<void> {
    if (!this.#parkedSteps.remove(name)) return;
    await this.retryUntilDone({
      name: 'resolveStep',
      run: () => this.#parkedSteps.record(name, { action: 'success' }),
    });
  }
}
