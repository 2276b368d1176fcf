import type { RunNode } from '../../contracts/http/runs.ts';
import { GROUP_WORKFLOW } from '../../contracts/temporal/names.ts';
import { isNamed, keyOf, type Draft } from './draft.ts';
import { errorOf } from './errors.ts';
import { RunFold } from './fold.ts';
import { isoOf, msOf, type Failure, type HistoryEvent } from './history.ts';
import { isRecord, isUndo, pathOf } from './vocabulary.ts';

/** Milliseconds. */
const SHORT_WAIT_MS = 1_500;

/** What a history does not have of a run that goes on: Temporal's description of it, and the parked steps of PostgreSQL. */
export interface PresentRun {
  pending?: readonly PendingActivity[];
  /** The workflow has a task: a worker runs its code, or is about to. */
  hasTask?: boolean;
  /** The names of its steps that wait for an operator. Undefined: as the history says. */
  parked?: readonly string[];
}

/** An activity that has not ended, as Temporal describes it. */
export interface PendingActivity {
  activityId?: string | null;
  attempt?: number | null;
  lastFailure?: Failure | null;
  nextAttemptScheduleTime?: HistoryEvent['eventTime'];
}

export interface ReadRun extends Pick<RunFold, 'type' | 'startedMs' | 'closedMs' | 'state' | 'orders'> {
  /** In order of their start. */
  nodes: RunNode[];
}

/**
 * The nodes of one run, from its history. Pure: the same events give the same nodes.
 *
 * @param events the whole history, or its beginning
 * @param orderId of a run that processes several orders, only what is done for this one is returned, and what is done for all at once
 */
export function readRun(events: Iterable<HistoryEvent>, orderId: string, present: PresentRun = {}): ReadRun {
  const fold = new RunFold(orderId);
  for (const event of events) fold.add(event);
  return finishRun(fold, present);
}

/** The nodes of what was read so far. */
export function finishRun(fold: RunFold, present: PresentRun = {}): ReadRun {
  const { type, startedMs, closedMs, state, orders } = fold;
  const drafts = fold.drafts.map((draft) => ({ ...draft }));
  if (state === 'running') addPresent(drafts, present);
  else for (const draft of drafts) leaveBehind(draft, fold);
  const drawn = drafts.filter((draft) => !isQuiet(draft)).sort((a, b) => a.startMs - b.startMs);
  const nodes = compacted(drawn).map(({ draft, count, durationMs }) =>
    toNode(draft, type, count, durationMs),
  );
  if (state === 'running') nodes.push(...toCome(type, nodes, present));
  return { type, startedMs, closedMs, state, orders, nodes };
}

/** What says nothing of the order: a record that was made, and the moment in which a workflow has waited for what it had started. */
function isQuiet({ kind, name, state, failed, startMs, endMs = startMs }: Draft): boolean {
  if (state !== 'done' || failed > 0) return false;
  return kind === 'wait' ? name === 'change' && endMs - startMs < SHORT_WAIT_MS : isRecord(name);
}

function addPresent(drafts: Draft[], { pending = [], parked }: PresentRun): void {
  for (const { activityId, attempt, lastFailure, nextAttemptScheduleTime } of pending) {
    const draft = drafts.find((each) => each.activityId !== undefined && each.activityId === activityId);
    if (!draft) continue;
    const tries = attempt ?? 1;
    draft.attempts = draft.before.attempts + tries;
    draft.failed = draft.before.failed + tries - 1;
    draft.error = errorOf(lastFailure) ?? draft.error;
    if (!nextAttemptScheduleTime) continue;
    draft.state = 'waiting';
    draft.nextTryMs = msOf(nextAttemptScheduleTime);
  }
  const unseen = new Set(parked);
  for (const draft of drafts.filter(({ kind }) => kind === 'step')) {
    const isOpen = draft.state !== 'done';
    const step = isOpen ? [...unseen].find((name) => isNamed(draft, name)) : undefined;
    if (step !== undefined) unseen.delete(step);
    const isParked = parked === undefined ? draft.isParked === true : step !== undefined;
    if (isOpen && isParked && draft.state !== 'running') draft.state = 'parked';
  }
}

/** What a run that has ended did not end itself. */
function leaveBehind(draft: Draft, { state, closedMs }: RunFold): void {
  if (draft.state === 'done' || draft.state === 'failed') return;
  const isWait = draft.kind === 'wait';
  draft.state = isWait && (state === 'completed' || state === 'continued') ? 'done' : 'failed';
  draft.nextTryMs = undefined;
  draft.endMs = closedMs;
  if (!isWait && state === 'terminated') draft.error ??= { type: 'Terminated' };
}

interface Compacted {
  draft: Draft;
  count: number;
  durationMs: number | undefined;
}

/** Repeated steps become one, also where the workflow only waits in between: it looks again and again until something has changed. */
function compacted(drafts: readonly Draft[]): Compacted[] {
  const all: Compacted[] = [];
  for (const draft of drafts) {
    const durationMs = draft.endMs === undefined ? undefined : Math.max(0, draft.endMs - draft.startMs);
    const isRepeat = (of: Compacted | undefined): of is Compacted =>
      of !== undefined && draft.state === 'done' && of.draft.state === 'done' && isSame(of.draft, draft);
    const last = all.at(-1);
    const isPause =
      last?.draft.kind === 'wait' && last.draft.name === 'change' && last.draft.state === 'done';
    const before = isRepeat(last) ? last : isPause && isRepeat(all.at(-2)) ? all.at(-2) : undefined;
    if (before === undefined) {
      all.push({ draft, count: 1, durationMs });
      continue;
    }
    if (before !== last) all.pop();
    before.count += 1;
    before.durationMs = (before.durationMs ?? 0) + (durationMs ?? 0);
  }
  return all;
}

const isSame = (a: Draft, b: Draft): boolean =>
  a.kind === b.kind && a.kind !== 'decision' && keyOf(a) === keyOf(b) && a.failed === 0 && b.failed === 0;

function toNode(draft: Draft, type: string, count: number, durationMs: number | undefined): RunNode {
  const { kind, name, detail, state, startMs, attempts, failed, error, deadlineMs, nextTryMs } = draft;
  return {
    kind,
    name,
    ...(detail !== undefined && { detail }),
    state,
    ...(kind === 'step' && isUndo(type, name) && { undo: true }),
    startedAt: isoOf(startMs),
    ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
    ...(attempts !== undefined && attempts > 0 && { attempts }),
    ...(failed > 0 && { failedAttempts: failed }),
    ...(count > 1 && { count }),
    ...(error && failed > 0 && { error }),
    ...(error && failed === 0 && state === 'failed' && { error }),
    ...(deadlineMs !== undefined && { deadline: isoOf(deadlineMs) }),
    ...(nextTryMs !== undefined && { nextTryAt: isoOf(nextTryMs) }),
  };
}

/** What follows if nothing fails. Nothing where something is undone, or where the workflow only waits for others. */
function toCome(type: string, nodes: readonly RunNode[], { hasTask = false }: PresentRun): RunNode[] {
  if (type === GROUP_WORKFLOW || nodes.some(({ undo }) => undo === true)) return [];
  const path = pathOf(type);
  const reached = path.findLastIndex(({ name, detail, or = [] }) =>
    nodes.some(
      (node) =>
        [name, ...or].includes(node.name) &&
        (detail === undefined || (node.detail?.split(', ').includes(detail) ?? false)),
    ),
  );
  const isBusy = nodes.some(({ state }) => state === 'running' || state === 'waiting' || state === 'parked');
  return path.slice(reached + 1).map(({ name, detail }, index) => ({
    kind: 'step',
    name,
    ...(detail !== undefined && { detail }),
    state: index === 0 && hasTask && !isBusy ? 'running' : 'to_come',
  }));
}
