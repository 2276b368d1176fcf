import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  log,
  patched,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PaymentRecord } from '../../contracts/temporal/checkout.ts';
import type { AttentionAction } from '../../contracts/temporal/operations.ts';
import {
  ACTION_NOT_POSSIBLE_FAILURE,
  RESOLVE_STEP_UPDATE,
  NOT_PARKED_FAILURE,
  SEARCH_ATTRIBUTES,
  type ResolveStepInput,
} from '../../contracts/temporal/names.ts';
import { pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { Timer } from './timer.ts';
import { attemptsOf, resolveStep, isFinal, isStepFailure, parkStep, reasonOf } from './steps.ts';

export const resolveStepUpdate = defineUpdate<AttentionAction, [ResolveStepInput]>(RESOLVE_STEP_UPDATE);

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

/** For ten minutes it is never long until the next try; then up to a quarter of an hour, which spares the history. */
const PAUSE: Backoff = { firstMs: 1_000, maxMs: 15_000, later: { fromRound: 40, maxMs: 900_000 } };
/** About half a minute with the pauses and retries of a step. */
const ROUNDS_BEFORE_PARKING = 5;

/** A step as the story sees it: it is tried until it succeeds. */
export interface Step<T> {
  /** As operators know it: the name of its activity. */
  name: string;
  /** `round` counts from 0. */
  run(round: number): Promise<T>;
  pauses?: Backoff;
  /** So many rounds may fail before an operator is asked to look. Default 5. */
  patience?: number;
  /** After a round has failed, before the pause. */
  onFailure?(round: number): Promise<void>;
  /** Asked as a pause begins: what else ends it. */
  wakes?: () => () => boolean;
  /** It runs beside the story, which whoever waits for the story need not know. */
  inBackground?: boolean;
  /** What is known of the order's money while an undo waits. */
  payment?: PaymentRecord;
}

/** Done; or left out because an operator said so. */
export type StepResult<T> = { done: T } | { leftOut: 'skip' | 'resolve' };

interface Parked {
  actions: AttentionAction[];
  inBackground: boolean;
  /** Accepted, and not written down yet. */
  pendingAction?: AttentionAction;
  recordedAction?: AttentionAction;
  recorded: boolean;
  /** Something about it is being written down. */
  writing: boolean;
}

/**
 * Steps are never dropped: what fails is tried again, with growing pauses, for as long as it takes. What has failed for
 * longer than it should is parked: an operator finds the order, and can have it tried at once, or, where the story can
 * go on without it, left out.
 */
export class StepRunner {
  readonly #orderId: string;
  readonly #parked = new Map<string, Parked>();

  constructor(orderId: string) {
    this.#orderId = orderId;
    setHandler<AttentionAction, [ResolveStepInput], typeof resolveStepUpdate>(
      resolveStepUpdate,
      (input) => CancellationScope.nonCancellable(() => this.#attend(input)),
      {
        validator: ({ step, action }) => {
          const parked = this.#parked.get(step);
          if (!parked || isLeftOut(parked.recordedAction) || isLeftOut(parked.pendingAction))
            throw ApplicationFailure.nonRetryable(`${step} is not parked`, NOT_PARKED_FAILURE);
          if (!parked.actions.includes(action))
            throw ApplicationFailure.nonRetryable(
              `the story cannot go on without ${step}`,
              ACTION_NOT_POSSIBLE_FAILURE,
            );
        },
      },
    );
  }

  /** A step of the story waits for an operator. */
  get isBlocked(): boolean {
    return [...this.#parked.values()].some(({ recorded, inBackground }) => recorded && !inBackground);
  }

  /** Runs a step that the story cannot go on without. */
  async retryUntilDone<T>(step: Step<T>): Promise<T> {
    const end = await this.#attempt(step, ['retry']);
    if ('done' in end) return end.done;
    throw new Error(`${step.name} cannot be left out`);
  }

  /** Runs a step that an operator may decide to leave out. */
  retryUntilDoneOrLeftOut<T>(step: Step<T>): Promise<StepResult<T>> {
    return this.#attempt(step, ['retry', 'skip', 'resolve']);
  }

  /** Orders of before leave it at this: something was given up that an operator should look into. */
  mark(): void {
    upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: true }]);
  }

  async #attempt<T>(step: Step<T>, actions: AttentionAction[]): Promise<StepResult<T>> {
    const patience = step.patience ?? ROUNDS_BEFORE_PARKING;
    let attempts = 0;
    for (let round = 0; ; round += 1) {
      try {
        const done = await step.run(round);
        await this.#leave(step.name);
        return { done };
      } catch (error) {
        if (!isStepFailure(error)) throw error;
        log.warn('a step fails and is tried again', { step: step.name, round });
        attempts += attemptsOf(error);
        await step.onFailure?.(round);
        const parks = round + 1 >= patience || (isFinal(error) && patched(ATTENTION_RECORDED));
        if (parks) await this.#park(step, actions, attempts, error);
        const leftOut = await this.#pause(step, round);
        if (leftOut) return { leftOut };
      }
    }
  }

  async #pause<T>(
    { name: step, pauses = PAUSE, wakes }: Step<T>,
    round: number,
  ): Promise<'skip' | 'resolve' | undefined> {
    const woken = wakes?.() ?? (() => false);
    const timer = new Timer(pauseBefore(round, pauses), `${step} failed: again after a pause`);
    const parked = this.#parked.get(step);
    try {
      await condition(() => timer.fired || woken() || parked?.recordedAction !== undefined);
    } finally {
      timer.cancel();
    }
    const recordedAction = parked?.recordedAction;
    if (!isLeftOut(recordedAction)) {
      delete parked?.recordedAction;
      return undefined;
    }
    this.#parked.delete(step);
    this.#show();
    return recordedAction;
  }

  /** Again after each round, so that operators see how often it was tried; what PostgreSQL missed, it is told the next time. */
  async #park<T>(step: Step<T>, actions: AttentionAction[], attempts: number, error: unknown): Promise<void> {
    let parked = this.#parked.get(step.name);
    if (!parked) {
      parked = { actions, inBackground: step.inBackground ?? false, recorded: false, writing: false };
      this.#parked.set(step.name, parked);
      this.#show();
      parked.recorded = patched(ATTENTION_RECORDED);
    }
    if (!parked.recorded) return;
    const place = this.#place(step.name);
    const { payment } = step;
    try {
      await inTurn(parked, async () => {
        // Left out while it was being tried: it must not be written down as waiting again.
        if (isLeftOut(parked.recordedAction)) return;
        await parkStep([
          { ...place, reason: reasonOf(error), attempts, actions, ...(payment && { payment }) },
        ]);
      });
    } catch (failure) {
      if (!isStepFailure(failure)) throw failure;
      log.warn('a parked step could not be written down', { step: step.name });
    }
  }

  /** It went well after all. */
  async #leave(step: string): Promise<void> {
    const parked = this.#parked.get(step);
    if (!parked) return;
    this.#parked.delete(step);
    this.#show();
    if (!parked.recorded) return;
    const cleared = { ...this.#place(step), action: 'success' } as const;
    await this.retryUntilDone({ name: 'resolveStep', run: () => resolveStep([cleared]) });
  }

  async #attend({ step, action, note }: ResolveStepInput): Promise<AttentionAction> {
    const parked = this.#parked.get(step);
    if (!parked) return action;
    parked.pendingAction = action;
    try {
      // That the wish was accepted is in the history before it is written down: a worker's death loses both or none.
      await sleep(1);
      await inTurn(parked, async () => {
        await resolveStep([{ ...this.#place(step), action, ...(note !== undefined && { note }) }]);
        parked.recordedAction = action;
      });
    } finally {
      delete parked.pendingAction;
    }
    return action;
  }

  #place(step: string): { orderId: string; workflowId: string; step: string } {
    return { orderId: this.#orderId, workflowId: workflowInfo().workflowId, step };
  }

  #show(): void {
    upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: this.#parked.size > 0 }]);
  }
}

/** One at a time: what is written about a step that is tried and attended to at once must not overtake itself. */
async function inTurn(parked: Parked, write: () => Promise<void>): Promise<void> {
  await condition(() => !parked.writing);
  parked.writing = true;
  try {
    await write();
  } finally {
    parked.writing = false;
  }
}

/** Orders of before only set the search attribute. */
const ATTENTION_RECORDED = 'attention-recorded';

const isLeftOut = (recordedAction: AttentionAction | undefined): recordedAction is 'skip' | 'resolve' =>
  recordedAction === 'skip' || recordedAction === 'resolve';
