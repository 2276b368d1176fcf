import type { RunError, RunState } from '../../contracts/http/runs.ts';
import { RESOLVE_STEP_UPDATE, REVIEW_UPDATE, CANCEL_UPDATE } from '../../contracts/temporal/messages.ts';
import { checkoutWorkflowId, GROUP_WORKFLOW } from '../../contracts/temporal/names.ts';
import { isNamed, keyOf, type ReadNode } from './read-node.ts';
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
  readonly readNodes: ReadNode[] = [];
  readonly #orderId: string;
  readonly #activities = new Map<string, ReadNode>();
  readonly #timers = new Map<string, ReadNode>();
  readonly #children = new Map<string, ReadNode>();
  /** The steps whose last try has failed, and that may be tried again. */
  readonly #failed = new Map<string, ReadNode>();
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
    const node = this.#step(local.name, summaryOf(event), startMs);
    this.#tried(node, local.attempts, local.attempts - 1, local.error);
    this.#settle(node, this.#clockMs, local.error);
  }

  #schedule(event: HistoryEvent, atMs: number): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const node = this.#step(scheduled?.activityType?.name ?? '', summaryOf(event), atMs);
    node.activityId = scheduled?.activityId ?? undefined;
    this.#activities.set(String(event.eventId), node);
  }

  /** The step of that name that is tried again, or a new one. */
  #step(name: string, summary: string | undefined, startMs: number): ReadNode {
    const detail = name === 'notify' && MAIL_KINDS.test(summary ?? '') ? summary : undefined;
    const again = [...this.#failed.values()].find(
      (node) => keyOf(node) === keyOf({ name, detail }) || (node.isPause && node.name === name),
    );
    const node = again ?? this.#add({ kind: 'step', name, detail, state: 'running', startMs });
    node.state = 'running';
    node.nextTryMs = undefined;
    node.endMs = undefined;
    node.before = { attempts: node.attempts ?? 0, failed: node.failed };
    return node;
  }

  #tried(node: ReadNode, attempt: number, failed: number, error: RunError | undefined): void {
    node.attempts = node.before.attempts + attempt;
    node.failed = node.before.failed + failed;
    if (error) node.error = error;
  }

  #settle(node: ReadNode, atMs: number, error: RunError | undefined): void {
    node.endMs = atMs;
    node.activityId = undefined;
    this.#failed.delete(keyOf(node));
    if (!error) {
      node.state = 'done';
      node.isParked = false;
      return;
    }
    node.state = 'failed';
    node.failed += 1;
    node.error = error;
    this.#failed.set(keyOf(node), node);
  }

  #startTimer(event: HistoryEvent, atMs: number): void {
    const lengthMs = msOf(event.timerStartedEventAttributes?.startToFireTimeout);
    if (lengthMs <= TASK_END_MS) return;
    const wait = waitOf(summaryOf(event));
    const untilMs = atMs + lengthMs;
    if ('name' in wait) {
      const node = this.#add({ kind: 'wait', name: wait.name, state: 'waiting', startMs: atMs });
      node.deadlineMs = untilMs;
      this.#timers.set(String(event.eventId), node);
      return;
    }
    const node = this.#failedStep(wait.retryOf) ?? this.#pauseOf(wait.retryOf, atMs);
    node.state = 'waiting';
    node.nextTryMs = untilMs;
    node.endMs = undefined;
    this.#timers.set(String(event.eventId), node);
  }

  #failedStep(step: string): ReadNode | undefined {
    return [...this.#failed.values()].reverse().find((node) => isNamed(node, step));
  }

  /** A step that an earlier run has tried, or that the workflow itself waits for. */
  #pauseOf(step: string, startMs: number): ReadNode {
    const [name = step, ...rest] = step.split(' ');
    const detail = rest.length === 0 ? undefined : rest.join(' ');
    const node = this.#add({ kind: 'step', name, detail, state: 'waiting', startMs });
    node.isPause = true;
    this.#failed.set(keyOf(node), node);
    return node;
  }

  #addOutcome(event: HistoryEvent, atMs: number): void {
    const started = event.activityTaskStartedEventAttributes;
    const timer = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (started) {
      const node = this.#activities.get(String(started.scheduledEventId));
      const attempt = started.attempt ?? 1;
      if (node) this.#tried(node, attempt, attempt - 1, errorOf(started.lastFailure));
    } else if (timer) this.#endTimer(String(timer.startedEventId), atMs);
    else if (update) this.#decide(update.name ?? '', jsonOf(update.args?.payloads?.[0]), atMs);
    else if (event.workflowExecutionCancelRequestedEventAttributes) this.#decide(CANCEL_UPDATE, {}, atMs);
    else if (!this.#endActivity(event, atMs) && !this.#addChild(event, atMs)) this.#close(event, atMs);
  }

  #endTimer(startedEventId: string, atMs: number): void {
    const node = this.#timers.get(startedEventId);
    if (node?.state !== 'waiting') return;
    node.nextTryMs = undefined;
    node.endMs = atMs;
    node.state = node.kind === 'wait' || node.isPause ? 'done' : 'failed';
  }

  #decide(message: string, input: unknown, atMs: number): void {
    if (!MESSAGES.has(message)) return;
    const { action, step, decision } = membersOf(input);
    const name = textOf(message === RESOLVE_STEP_UPDATE ? action : decision) ?? message;
    const about = message === RESOLVE_STEP_UPDATE ? textOf(step) : undefined;
    const node = this.#add({ kind: 'decision', name, detail: about, state: 'done', startMs: atMs });
    node.endMs = atMs;
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
    const node = this.#activities.get(String(ended.scheduledEventId));
    const error = completed
      ? undefined
      : (errorOf(failed?.failure ?? timedOut?.failure) ?? { type: timedOut ? 'Timeout' : 'Cancelled' });
    if (node) this.#settle(node, atMs, error);
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
      const node = this.#add({ kind: 'workflow', name, state: 'running', startMs: atMs });
      this.#children.set(String(event.eventId), node);
    } else if (started ?? refused) {
      const node = this.#children.get(String((started ?? refused)?.initiatedEventId));
      if (!node) return true;
      node.endMs = atMs;
      node.state = started ? 'done' : 'failed';
      if (refused) node.error = { type: 'NotStarted' };
    } else return false;
    return true;
  }

  #close(event: HistoryEvent, atMs: number): void {
    const state = closingStateOf(event);
    if (state === undefined) return;
    this.state = state;
    this.closedMs = atMs;
  }

  #add(given: Pick<ReadNode, 'kind' | 'name' | 'detail' | 'state' | 'startMs'>): ReadNode {
    const node: ReadNode = { ...given, failed: 0, before: { attempts: 0, failed: 0 } };
    this.readNodes.push(node);
    return node;
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
