import { condition, log } from '@temporalio/workflow';
import type { AttentionAction } from '../../contracts/attention.ts';
import type { RunOfOrder } from '../../contracts/temporal/checkout.ts';
import type { CarriedStep } from '../../contracts/temporal/operations.ts';
import { growingFrom, pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { attemptsOf, isNonRetryable, isStepFailure, isSuperseded, reasonOf } from './failures.ts';
import type { HandOver } from './hand-over.ts';
import { ParkedSteps } from './parked-steps.ts';
import { isSkip, type Step, type StepResult } from './step.ts';
import { currentTimeMs, Timer } from './timer.ts';
import { atOnce, type InTurn } from './turns.ts';

/** Up to 15 s for ten minutes, then a quarter of the time that it has failed, and a day at last. */
const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000, later: growingFrom(40) };
/** About 40 s: 15 s of pauses between the rounds, and about 5 s of retries of the activity in each round. */
const ROUNDS_BEFORE_PARKING = 5;

/**
 * Runs the steps of one workflow. A step that fails is never dropped: it is retried, with growing pauses, until it succeeds.
 * A step that fails for too long is parked: an operator can have it retried at once or, where the workflow can continue
 * without it, skipped. It sleeps until then, until a message ends its pause, or until the pause is over; where that fills the history, the
 * workflow continues as new, and the next run goes on with the same pause.
 */
export class StepRunner {
  readonly inTurn: InTurn;
  /** Set by a workflow that continues as new during the pauses of its steps. */
  handOver: HandOver | undefined;
  readonly #parkedSteps: ParkedSteps;
  /** The names of the steps that have started and not ended. */
  readonly #active = new Set<string>();
  /** How many steps are in a round that must end before the workflow may continue as new. */
  #inRound = 0;

  /**
   * @param run an order's own checkout, or the id of the order where another workflow runs the steps
   * @param carried the parked steps of the run that has continued as this one
   * @param inTurn runs the local activities of the workflow
   */
  constructor(run: RunOfOrder | string, carried: readonly CarriedStep[] = [], inTurn: InTurn = atOnce) {
    this.inTurn = inTurn;
    this.#parkedSteps = new ParkedSteps(typeof run === 'string' ? { orderId: run } : run, carried, inTurn);
  }

  /** Whether the workflow cannot continue before an operator has acted. */
  get isBlocked(): boolean {
    return this.#parkedSteps.isBlocked;
  }

  /** Whether the workflow may continue as new: every step that has not ended only waits for its next round. */
  get isQuiet(): boolean {
    return this.#inRound === 0 && !this.#parkedSteps.hasAction;
  }

  /** The parked steps, for the next run of a workflow that continues as new. */
  get carried(): CarriedStep[] {
    return this.#parkedSteps.carried;
  }

  isParked(name: string): boolean {
    return this.#parkedSteps.has(name);
  }

  /** Whether an earlier run has parked steps that this run did not have to start again. */
  get hasUnneeded(): boolean {
    return this.carried.some(({ step }) => !this.#active.has(step));
  }

  /** Records the success of parked steps of an earlier run that this run did not have to start again. */
  async clearUnneeded(): Promise<void> {
    for (const { step } of this.carried) if (!this.#active.has(step)) await this.#clear(step);
  }

  /** Runs a step that the workflow cannot continue without. */
  async retryUntilDone<T>(step: Step<T>): Promise<T> {
    const end = await this.#retry({ ...step, isSkippableAfter: () => false });
    if ('done' in end) return end.done;
    throw new Error(`Step ${step.name} was skipped although the workflow cannot continue without it`);
  }

  /** Runs a step that an operator may skip once it is parked. */
  retryUntilDoneOrSkipped<T>(step: Step<T>): Promise<StepResult<T>> {
    return this.#retry(step);
  }

  async #retry<T>(step: Step<T>): Promise<StepResult<T>> {
    const { name, roundsBeforeParking = ROUNDS_BEFORE_PARKING, inBackground = false, payment } = step;
    const weight = step.isRestartable ? 0 : 1;
    const wait = this.#parkedSteps.takeWait(name);
    let attempts = wait?.attempts ?? 0;
    this.#active.add(name);
    this.#inRound += weight;
    try {
      let action = wait && (await this.#pause(step, wait.until - currentTimeMs(), weight));
      if (isSkip(action)) return { skippedBy: action };
      for (let round = wait ? wait.round + 1 : 0; ; round += 1) {
        try {
          const done = await step.run(round, action === 'retry');
          await this.#clear(name);
          return { done };
        } catch (error) {
          if (!isStepFailure(error) || isSuperseded(error)) throw error;
          log.warn('step failed; workflow retries it', { step: name, round });
          attempts += attemptsOf(error);
          await step.onFailure?.(round);
          if (round + 1 >= roundsBeforeParking || isNonRetryable(error)) {
            const isSkippable = step.isSkippableAfter?.(error) ?? true;
            const actions: AttentionAction[] = isSkippable ? ['retry', 'skip', 'resolve'] : ['retry'];
            const report = { reason: reasonOf(error), attempts, ...(payment && { payment }) };
            await this.#parkedSteps.park(name, actions, inBackground, report);
          }
          const { backoff = BACKOFF, refusedBackoff = backoff } = step;
          const pauseMs = pauseBefore(round, isNonRetryable(error) ? refusedBackoff : backoff);
          this.#parkedSteps.keepWait(name, { round, attempts, until: currentTimeMs() + pauseMs });
          action = await this.#pause(step, pauseMs, weight);
          if (isSkip(action)) return { skippedBy: action };
        }
      }
    } finally {
      this.#active.delete(name);
      this.#inRound -= weight;
    }
  }

  /** Ends early when an operator has acted. Returns the operator's action. */
  async #pause<T>(
    { name, pauseEndsWhen, inBackground = false }: Step<T>,
    pauseMs: number,
    weight: number,
  ): Promise<AttentionAction | undefined> {
    const endsEarly = pauseEndsWhen?.() ?? (() => false);
    this.#inRound -= weight;
    const timer = new Timer(Math.max(pauseMs, 1), `Pause before ${name} is retried`);
    const isOver = (): boolean =>
      timer.fired || endsEarly() || this.#parkedSteps.recordedAction(name) !== undefined;
    // What runs in the background cannot end the run.
    const handOver = inBackground ? undefined : this.handOver;
    try {
      await condition(() => isOver() || handOver?.isDue === true);
      if (!isOver()) {
        await handOver?.leave();
        await condition(isOver);
      }
    } finally {
      timer.cancel();
      this.#inRound += weight;
    }
    return this.#parkedSteps.takeAction(name);
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
