import type { RunError, RunState } from '../../contracts/http/runs.ts';
import { RESOLVE_STEP_UPDATE, REVIEW_UPDATE, CANCEL_UPDATE } from '../../contracts/temporal/messages.ts';
import { checkoutWorkflowId, GROUP_WORKFLOW } from '../../contracts/temporal/names.ts';
import { isNamed, keyOf, type Draft } from './draft.ts';
import { errorOf } from './errors.ts';
import { jsonOf, membersOf, msOf, summaryOf, textOf, type HistoryEvent } from './history.ts';
import { localStepOf } from './local-step.ts';
import { isOfParkedSteps, waitOf } from './vocabulary.ts';

/** A timer of this length only ends a workflow task. Milliseconds. */
const TASK_END_MS = 1;
const MAIL_KINDS = /^[a-z_]+(?:, [a-z_]+)*$/;
const MESSAGES: ReadonlySet<string> = new Set([CANCEL_UPDATE, REVIEW_UPDATE, RESOLVE_STEP_UPDATE]);

/**
 * Reads the events of one run, in their sequence, and keeps what is drawn of them. Names, times, numbers and types of failures only: no
 * payload, and no message of another system.
 */
export class RunFold {
  type = '';
  startedMs = 0;
  closedMs: number | undefined;
  state: RunState = 'running';
  /** How many orders the run processes. */
  orders = 1;
  readonly drafts: Draft[] = [];
  readonly #orderId: string;
  readonly #activities = new Map<string, Draft>();
  readonly #timers = new Map<string, Draft>();
  readonly #children = new Map<string, Draft>();
  /** The steps whose last try has failed, and that may be tried again. */
  readonly #failed = new Map<string, Draft>();
  /** The time of the workflow, which local activities are measured by. */
  #clockMs = 0;

  /** @param orderId of a run that processes several orders, only what is done for this one is kept */
  constructor(orderId: string) {
    this.#orderId = orderId;
  }

  add(event: HistoryEvent): void {
    const atMs = msOf(event.eventTime);
    if (event.workflowTaskStartedEventAttributes) this.#clockMs = atMs;
    else if (event.workflowExecutionStartedEventAttributes) this.#begin(event, atMs);
    else if (event.markerRecordedEventAttributes) this.#addLocalStep(event);
    else if (event.activityTaskScheduledEventAttributes) this.#schedule(event, atMs);
    else if (event.timerStartedEventAttributes) this.#startTimer(event, atMs);
    else this.#addOutcome(event, atMs);
  }

  #begin(event: HistoryEvent, atMs: number): void {
    const started = event.workflowExecutionStartedEventAttributes;
    this.type = started?.workflowType?.name ?? '';
    this.startedMs = atMs;
    this.#clockMs = atMs;
    if (this.type !== GROUP_WORKFLOW) return;
    const { orders } = membersOf(jsonOf(started?.input?.payloads?.[0]));
    if (Array.isArray(orders)) this.orders = orders.length;
  }

  #addLocalStep(event: HistoryEvent): void {
    const local = localStepOf(event);
    if (!local) return;
    const startMs = this.#clockMs;
    this.#clockMs = Math.max(this.#clockMs, local.completedMs);
    if (isOfParkedSteps(local.name)) {
      const latest = [...this.#failed.values()].at(-1);
      if (local.name === 'parkStep' && !local.error && latest) latest.isParked = true;
      return;
    }
    if (this.orders > 1 && isForOthers(local.result, this.#orderId)) return;
    const draft = this.#step(local.name, summaryOf(event), startMs);
    this.#tried(draft, local.attempts, local.attempts - 1, local.error);
    this.#settle(draft, this.#clockMs, local.error);
  }

  #schedule(event: HistoryEvent, atMs: number): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const draft = this.#step(scheduled?.activityType?.name ?? '', summaryOf(event), atMs);
    draft.activityId = scheduled?.activityId ?? undefined;
    this.#activities.set(String(event.eventId), draft);
  }

  /** The step of that name that is tried again, or a new one. */
  #step(name: string, summary: string | undefined, startMs: number): Draft {
    const detail = name === 'notify' && MAIL_KINDS.test(summary ?? '') ? summary : undefined;
    const again = [...this.#failed.values()].find(
      (draft) => keyOf(draft) === keyOf({ name, detail }) || (draft.isPause && draft.name === name),
    );
    const draft = again ?? this.#add({ kind: 'step', name, detail, state: 'running', startMs });
    draft.state = 'running';
    draft.nextTryMs = undefined;
    draft.endMs = undefined;
    draft.before = { attempts: draft.attempts ?? 0, failed: draft.failed };
    return draft;
  }

  #tried(draft: Draft, attempt: number, failed: number, error: RunError | undefined): void {
    draft.attempts = draft.before.attempts + attempt;
    draft.failed = draft.before.failed + failed;
    if (error) draft.error = error;
  }

  #settle(draft: Draft, atMs: number, error: RunError | undefined): void {
    draft.endMs = atMs;
    draft.activityId = undefined;
    this.#failed.delete(keyOf(draft));
    if (!error) {
      draft.state = 'done';
      draft.isParked = false;
      return;
    }
    draft.state = 'failed';
    draft.failed += 1;
    draft.error = error;
    this.#failed.set(keyOf(draft), draft);
  }

  #startTimer(event: HistoryEvent, atMs: number): void {
    const lengthMs = msOf(event.timerStartedEventAttributes?.startToFireTimeout);
    if (lengthMs <= TASK_END_MS) return;
    const wait = waitOf(summaryOf(event));
    const untilMs = atMs + lengthMs;
    if ('name' in wait) {
      const draft = this.#add({ kind: 'wait', name: wait.name, state: 'waiting', startMs: atMs });
      draft.deadlineMs = untilMs;
      this.#timers.set(String(event.eventId), draft);
      return;
    }
    const draft = this.#failedStep(wait.retryOf) ?? this.#pauseOf(wait.retryOf, atMs);
    draft.state = 'waiting';
    draft.nextTryMs = untilMs;
    draft.endMs = undefined;
    this.#timers.set(String(event.eventId), draft);
  }

  #failedStep(step: string): Draft | undefined {
    return [...this.#failed.values()].reverse().find((draft) => isNamed(draft, step));
  }

  /** A step that an earlier run has tried, or that the workflow itself waits for. */
  #pauseOf(step: string, startMs: number): Draft {
    const [name = step, ...rest] = step.split(' ');
    const detail = rest.length === 0 ? undefined : rest.join(' ');
    const draft = this.#add({ kind: 'step', name, detail, state: 'waiting', startMs });
    draft.isPause = true;
    this.#failed.set(keyOf(draft), draft);
    return draft;
  }

  #addOutcome(event: HistoryEvent, atMs: number): void {
    const started = event.activityTaskStartedEventAttributes;
    const timer = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (started) {
      const draft = this.#activities.get(String(started.scheduledEventId));
      const attempt = started.attempt ?? 1;
      if (draft) this.#tried(draft, attempt, attempt - 1, errorOf(started.lastFailure));
    } else if (timer) this.#endTimer(String(timer.startedEventId), atMs);
    else if (update) this.#decide(update.name ?? '', jsonOf(update.args?.payloads?.[0]), atMs);
    else if (event.workflowExecutionCancelRequestedEventAttributes) this.#decide(CANCEL_UPDATE, {}, atMs);
    else if (!this.#endActivity(event, atMs) && !this.#addChild(event, atMs)) this.#close(event, atMs);
  }

  #endTimer(startedEventId: string, atMs: number): void {
    const draft = this.#timers.get(startedEventId);
    if (draft?.state !== 'waiting') return;
    draft.nextTryMs = undefined;
    draft.endMs = atMs;
    draft.state = draft.kind === 'wait' || draft.isPause ? 'done' : 'failed';
  }

  #decide(message: string, input: unknown, atMs: number): void {
    if (!MESSAGES.has(message)) return;
    const { action, step, decision } = membersOf(input);
    const name = textOf(message === RESOLVE_STEP_UPDATE ? action : decision) ?? message;
    const about = message === RESOLVE_STEP_UPDATE ? textOf(step) : undefined;
    const draft = this.#add({ kind: 'decision', name, detail: about, state: 'done', startMs: atMs });
    draft.endMs = atMs;
    const skipped = about !== undefined && name !== 'retry' ? this.#failedStep(about) : undefined;
    if (!skipped) return;
    this.#failed.delete(keyOf(skipped));
    skipped.state = 'failed';
    skipped.isParked = false;
    skipped.nextTryMs = undefined;
    skipped.endMs = atMs;
  }

  #endActivity(event: HistoryEvent, atMs: number): boolean {
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes;
    const timedOut = event.activityTaskTimedOutEventAttributes;
    const canceled = event.activityTaskCanceledEventAttributes;
    const ended = completed ?? failed ?? timedOut ?? canceled;
    if (!ended) return false;
    const draft = this.#activities.get(String(ended.scheduledEventId));
    const error = completed
      ? undefined
      : (errorOf(failed?.failure ?? timedOut?.failure) ?? { type: timedOut ? 'Timeout' : 'Cancelled' });
    if (draft) this.#settle(draft, atMs, error);
    return true;
  }

  #addChild(event: HistoryEvent, atMs: number): boolean {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    const started = event.childWorkflowExecutionStartedEventAttributes;
    const refused = event.startChildWorkflowExecutionFailedEventAttributes;
    if (initiated) {
      const own = checkoutWorkflowId(this.#orderId);
      const { workflowId } = initiated;
      if (this.orders > 1 && workflowId !== own && !workflowId?.startsWith(`${own}/`)) return true;
      const name = initiated.workflowType?.name ?? '';
      const draft = this.#add({ kind: 'workflow', name, state: 'running', startMs: atMs });
      this.#children.set(String(event.eventId), draft);
    } else if (started ?? refused) {
      const draft = this.#children.get(String((started ?? refused)?.initiatedEventId));
      if (!draft) return true;
      draft.endMs = atMs;
      draft.state = started ? 'done' : 'failed';
      if (refused) draft.error = { type: 'NotStarted' };
    } else return false;
    return true;
  }

  #close(event: HistoryEvent, atMs: number): void {
    const state = closingStateOf(event);
    if (state === undefined) return;
    this.state = state;
    this.closedMs = atMs;
  }

  #add(given: Pick<Draft, 'kind' | 'name' | 'detail' | 'state' | 'startMs'>): Draft {
    const draft: Draft = { ...given, failed: 0, before: { attempts: 0, failed: 0 } };
    this.drafts.push(draft);
    return draft;
  }
}

function closingStateOf(event: HistoryEvent): RunState | undefined {
  if (event.workflowExecutionCompletedEventAttributes) return 'completed';
  if (event.workflowExecutionFailedEventAttributes) return 'failed';
  if (event.workflowExecutionCanceledEventAttributes) return 'cancelled';
  if (event.workflowExecutionTerminatedEventAttributes) return 'terminated';
  if (event.workflowExecutionTimedOutEventAttributes) return 'timed_out';
  return event.workflowExecutionContinuedAsNewEventAttributes ? 'continued' : undefined;
}

/** Whether a step of several orders has results, and none of this one. */
function isForOthers(result: unknown, orderId: string): boolean {
  if (!Array.isArray(result)) return false;
  const ids = result.map((each) => membersOf(each)['orderId']).filter((id) => typeof id === 'string');
  return ids.length > 0 && !ids.includes(orderId);
}
