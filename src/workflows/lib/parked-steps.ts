import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  currentUpdateInfo,
  defineUpdate,
  log,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ACTION_NOT_POSSIBLE_FAILURE,
  NOT_PARKED_FAILURE,
  RESOLVE_STEP_UPDATE,
  type ResolveStepInput,
} from '../../contracts/temporal/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/temporal/names.ts';
import type { AttentionAction } from '../../contracts/attention.ts';
import type { RunOfOrder } from '../../contracts/temporal/checkout.ts';
import type { CarriedStep, ParkedStep, ResolvedStep, StepWait } from '../../contracts/temporal/operations.ts';
import { parkStep, resolveStep } from './activities.ts';
import { isStepFailure } from './failures.ts';
import { invalidInput, isOptionalActor, isOptionalText, isText, membersOf } from './message-input.ts';
import { isSkip } from './step.ts';
import type { InTurn } from './turns.ts';

export const resolveStepUpdate = defineUpdate<AttentionAction, [ResolveStepInput]>(RESOLVE_STEP_UPDATE);

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

/** What an operator is shown of a failed step. */
type FailureReport = Pick<ParkedStep, 'reason' | 'attempts' | 'payment'>;

interface Parked {
  /** Those of the last round. */
  actions: AttentionAction[];
  readonly inBackground: boolean;
  /** The pause of the step, for the next run. */
  wait?: StepWait;
  /** The pause has begun in an earlier run, and the step has not been started in this one. */
  isTakenOver?: boolean;
  /** An action that the workflow has accepted and PostgreSQL has not recorded yet. */
  pendingAction?: AttentionAction;
  /** An action that PostgreSQL has recorded and the step has not followed yet. */
  recordedAction?: AttentionAction;
  /** A row of this step is being written. */
  isWriting: boolean;
}

/**
 * The steps of one workflow that wait for an operator. They are rows in PostgreSQL, the search attribute `NeedsAttention`
 * is true while there are any, and the update `resolveStep` takes the operator's action.
 */
export class ParkedSteps {
  readonly #run: RunOfOrder;
  readonly #parked = new Map<string, Parked>();
  readonly #inTurn: InTurn;

  /** @param carried the parked steps of the run that has continued as this one, which has kept the search attribute */
  constructor(run: RunOfOrder, carried: readonly CarriedStep[], inTurn: InTurn) {
    this.#run = run;
    this.#inTurn = inTurn;
    for (const { step, ...parked } of carried)
      this.#parked.set(step, { ...parked, isTakenOver: true, isWriting: false });
    setHandler<AttentionAction, [ResolveStepInput], typeof resolveStepUpdate>(
      resolveStepUpdate,
      (input) => CancellationScope.nonCancellable(() => this.#resolve(input)),
      {
        validator: (input: unknown) => {
          const { step, action, note, actor } = membersOf(input);
          if (!isText(step) || !isText(action) || !isOptionalText(note) || !isOptionalActor(actor))
            throw invalidInput('The update needs a step and an action, and its note must be a text');
          const parked = this.#parked.get(step);
          if (!parked || isSkip(parked.recordedAction) || isSkip(parked.pendingAction))
            throw ApplicationFailure.nonRetryable(
              `Step ${step} does not wait for an operator; there is nothing to resolve`,
              NOT_PARKED_FAILURE,
            );
          if (!parked.actions.some((possible) => possible === action))
            throw ApplicationFailure.nonRetryable(
              `The workflow cannot continue without step ${step}; use ${parked.actions.join(' or ')}`,
              ACTION_NOT_POSSIBLE_FAILURE,
            );
        },
      },
    );
  }

  /** Whether the workflow cannot continue before an operator has acted. */
  get isBlocked(): boolean {
    return [...this.#parked.values()].some(({ inBackground }) => !inBackground);
  }

  /** Whether an operator has acted and a step has not followed yet. */
  get hasAction(): boolean {
    return [...this.#parked.values()].some(
      ({ pendingAction, recordedAction }) => (pendingAction ?? recordedAction) !== undefined,
    );
  }

  /** For the next run of a workflow that continues as new. */
  get carried(): CarriedStep[] {
    return [...this.#parked].map(([step, { actions, inBackground, wait }]) => ({
      step,
      actions,
      inBackground,
      ...(wait && { wait }),
    }));
  }

  /** Keeps the pause of a parked step for the next run. */
  keepWait(step: string, wait: StepWait): void {
    const parked = this.#parked.get(step);
    if (parked) parked.wait = wait;
  }

  /** The pause in which the run before has left a step; `undefined` for a step that this run starts from the beginning. */
  takeWait(step: string): StepWait | undefined {
    const parked = this.#parked.get(step);
    if (!parked?.isTakenOver) return undefined;
    parked.isTakenOver = false;
    return parked.wait;
  }

  has(step: string): boolean {
    return this.#parked.has(step);
  }

  /** The action that PostgreSQL has recorded for a step and that {@link takeAction} has not returned yet. */
  recordedAction(step: string): AttentionAction | undefined {
    return this.#parked.get(step)?.recordedAction;
  }

  /** Returns the recorded action. A step that is skipped is not parked any more. */
  takeAction(step: string): AttentionAction | undefined {
    const parked = this.#parked.get(step);
    const action = parked?.recordedAction;
    if (isSkip(action)) this.remove(step);
    else delete parked?.recordedAction;
    return action;
  }

  /**
   * Parks a step, or updates it after another failed round. PostgreSQL may be unavailable: then the row is written after a
   * later round.
   */
  async park(
    step: string,
    actions: AttentionAction[],
    inBackground: boolean,
    report: FailureReport,
  ): Promise<void> {
    let parked = this.#parked.get(step);
    if (!parked) {
      parked = { actions, inBackground, isWriting: false };
      this.#parked.set(step, parked);
      this.#showNeedsAttention();
    }
    parked.actions = actions;
    const current = parked;
    try {
      await inTurn(current, async () => {
        // An operator skipped the step during the round that failed: the row must not say that it waits again.
        if (isSkip(current.recordedAction)) return;
        await this.#inTurn(() => parkStep([{ ...this.#keyOf(step), actions, ...report }]));
      });
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      log.warn('workflow could not record a parked step', { step });
    }
  }

  /** Whether the step was parked. */
  remove(step: string): boolean {
    if (!this.#parked.delete(step)) return false;
    this.#showNeedsAttention();
    return true;
  }

  /** Records what became of a step. */
  async record(
    step: string,
    outcome: Pick<ResolvedStep, 'action' | 'note' | 'actor' | 'actionId'>,
  ): Promise<void> {
    await this.#inTurn(() => resolveStep([{ ...this.#keyOf(step), ...outcome }]));
  }

  async #resolve({ step, action, note, actor }: ResolveStepInput): Promise<AttentionAction> {
    const parked = this.#parked.get(step);
    if (!parked) return action;
    parked.pendingAction = action;
    const actionId = currentUpdateInfo()?.id;
    try {
      // The timer ends the workflow task, so that the history has the accepted update before PostgreSQL records the action.
      // A worker that dies in between then loses both or neither.
      await sleep(1);
      await inTurn(parked, async () => {
        await this.record(step, {
          action,
          ...(note !== undefined && { note }),
          ...(actor && { actor }),
          ...(actionId !== undefined && { actionId }),
        });
        parked.recordedAction = action;
      });
    } finally {
      delete parked.pendingAction;
    }
    return action;
  }

  #keyOf(step: string): Pick<ParkedStep, 'orderId' | 'epoch' | 'workflowId' | 'step'> {
    return { ...this.#run, workflowId: workflowInfo().workflowId, step };
  }

  #showNeedsAttention(): void {
    upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: this.#parked.size > 0 }]);
  }
}

/** Writes one row of a step at a time: its retries and an operator's action could otherwise overwrite each other. */
async function inTurn(parked: Parked, write: () => Promise<void>): Promise<void> {
  await condition(() => !parked.isWriting);
  parked.isWriting = true;
  try {
    await write();
  } finally {
    parked.isWriting = false;
  }
}
