import { allHandlersFinished, condition, patched, workflowInfo } from '@temporalio/workflow';

/** Temporal ends a run with 51,200 events, and suggests to continue as new after 4,096. A shorter history is replayed sooner. */
const MAX_HISTORY_EVENTS = 1_500;

/** Whether the run should continue as new as soon as nothing is in progress. */
export function isHistoryLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_HISTORY_EVENTS;
}

/** Since 0.3: checkouts and operations continue as new. A run of an earlier version has gone on at the same point. */
const CONTINUE_AS_NEW = 'continue-as-new';

/**
 * Lets a workflow that only waits go on as a new run when its history has become long. What the next run needs is its input; updates that
 * callers wait for are answered first, as if a step was parked.
 */
export class HandOver {
  readonly #isQuiet: () => boolean;
  readonly #continueAsNew: () => Promise<never>;
  #isLeaving = false;

  /**
   * @param isQuiet whether nothing is in progress that the next run would not find
   * @param continueAsNew continues as new, with the state of that moment
   */
  constructor(isQuiet: () => boolean, continueAsNew: () => Promise<never>) {
    this.#isQuiet = isQuiet;
    this.#continueAsNew = continueAsNew;
  }

  /** Whether the run is about to end: handlers of updates return what is known. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /**
   * For the condition of a wait. Where the wait has ended by it, {@link leave} is called, and then waited without it. Written out at each
   * wait: one more promise in between could change the sequence of the commands of a run that began before.
   */
  get isDue(): boolean {
    return isHistoryLong() && this.#isQuiet();
  }

  /**
   * Continues as new, and then does not return. Returns true if a message has come meanwhile that has to be acted on first, and false in
   * the replay of a run that went on here: then the wait goes on without asking again. Call it only where {@link isDue}, which a replay
   * finds at the same point.
   */
  async leave(): Promise<boolean> {
    if (!patched(CONTINUE_AS_NEW)) return false;
    this.#isLeaving = true;
    await condition(allHandlersFinished);
    this.#isLeaving = false;
    return this.isDue ? this.#continueAsNew() : true;
  }
}
