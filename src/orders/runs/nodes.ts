import type { RunNode } from '../../contracts/http/runs.ts';
import { GROUP_WORKFLOW } from '../../contracts/temporal/names.ts';
import { isNamed, keyOf, type ReadNode } from './read-node.ts';
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
  const readNodes = fold.readNodes.map((node) => ({ ...node }));
  if (state === 'running') addPresent(readNodes, present);
  else for (const node of readNodes) leaveBehind(node, fold);
  const drawn = readNodes.filter((node) => !isQuiet(node)).sort((a, b) => a.startMs - b.startMs);
  const nodes = compacted(drawn).map(({ node, count, durationMs }) => toNode(node, type, count, durationMs));
  if (state === 'running') nodes.push(...toCome(type, nodes, present));
  return { type, startedMs, closedMs, state, orders, nodes };
}

/** What says nothing of the order: a record that was made, and the moment in which a workflow has waited for what it had started. */
function isQuiet({ kind, name, state, failed, startMs, endMs = startMs }: ReadNode): boolean {
  if (state !== 'done' || failed > 0) return false;
  return kind === 'wait' ? name === 'change' && endMs - startMs < SHORT_WAIT_MS : isRecord(name);
}

function addPresent(readNodes: ReadNode[], { pending = [], parked }: PresentRun): void {
  for (const { activityId, attempt, lastFailure, nextAttemptScheduleTime } of pending) {
    const node = readNodes.find((each) => each.activityId !== undefined && each.activityId === activityId);
    if (!node) continue;
    const tries = attempt ?? 1;
    node.attempts = node.before.attempts + tries;
    node.failed = node.before.failed + tries - 1;
    node.error = errorOf(lastFailure) ?? node.error;
    if (!nextAttemptScheduleTime) continue;
    node.state = 'waiting';
    node.nextTryMs = msOf(nextAttemptScheduleTime);
  }
  const unseen = new Set(parked);
  for (const node of readNodes.filter(({ kind }) => kind === 'step')) {
    const isOpen = node.state !== 'done';
    const step = isOpen ? [...unseen].find((name) => isNamed(node, name)) : undefined;
    if (step !== undefined) unseen.delete(step);
    const isParked = parked === undefined ? node.isParked === true : step !== undefined;
    if (isOpen && isParked && node.state !== 'running') node.state = 'parked';
  }
}

/** What a run that has ended did not end itself. */
function leaveBehind(node: ReadNode, { state, closedMs }: RunFold): void {
  if (node.state === 'done' || node.state === 'failed') return;
  const isWait = node.kind === 'wait';
  node.state = isWait && (state === 'completed' || state === 'continued') ? 'done' : 'failed';
  node.nextTryMs = undefined;
  node.endMs = closedMs;
  if (!isWait && state === 'terminated') node.error ??= { type: 'Terminated' };
}

interface Compacted {
  node: ReadNode;
  count: number;
  durationMs: number | undefined;
}

/** Repeated steps become one, also where the workflow only waits in between: it looks again and again until something has changed. */
function compacted(readNodes: readonly ReadNode[]): Compacted[] {
  const all: Compacted[] = [];
  for (const node of readNodes) {
    const durationMs = node.endMs === undefined ? undefined : Math.max(0, node.endMs - node.startMs);
    const isRepeat = (of: Compacted | undefined): of is Compacted =>
      of !== undefined && node.state === 'done' && of.node.state === 'done' && isSame(of.node, node);
    const last = all.at(-1);
    const isPause = last?.node.kind === 'wait' && last.node.name === 'change' && last.node.state === 'done';
    const before = isRepeat(last) ? last : isPause && isRepeat(all.at(-2)) ? all.at(-2) : undefined;
    if (before === undefined) {
      all.push({ node, count: 1, durationMs });
      continue;
    }
    if (before !== last) all.pop();
    before.count += 1;
    before.durationMs = (before.durationMs ?? 0) + (durationMs ?? 0);
  }
  return all;
}

const isSame = (a: ReadNode, b: ReadNode): boolean =>
  a.kind === b.kind && a.kind !== 'decision' && keyOf(a) === keyOf(b) && a.failed === 0 && b.failed === 0;

function toNode(node: ReadNode, type: string, count: number, durationMs: number | undefined): RunNode {
  const { kind, name, detail, state, startMs, attempts, failed, error, deadlineMs, nextTryMs } = node;
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
