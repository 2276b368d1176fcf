import { OLD_EVENT_MS, OLD_TRANSACTION_MS } from '../../contracts/feed-limits.ts';
import type { BatchingView, Distribution, StatsView } from '../../contracts/http/stats.ts';
import { counted } from '../../domain/counted.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output } from './terminal.ts';

/** `ms`: milliseconds, null when nothing was measured. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** The main figures in one line. */
export function statsLine(stream: Output, stats: StatsView): string {
  const { responseTime, backlog, parked } = stats;
  const times = (['average', 'p50', 'p95', 'p99'] as const)
    .map((name) => `${name} ${formatDuration(responseTime[name])}`)
    .join(', ');
  const waiting = parked === 0 ? '' : paint(stream, 'red', `, ${parked} parked`);
  return `${stats.throughputPerSecond.toFixed(1)} orders/s · ${times} · backlog ${backlog}${waiting}`;
}

/** All figures. */
export function drawStats(stream: Output, stats: StatsView): string {
  const pairs: [string, string][] = [
    ['window', `${stats.windowSeconds} s`],
    ['throughput', `${stats.throughputPerSecond.toFixed(1)} orders/s`],
    ['placed', `${stats.orders.placed}${byStatus(stats)}`],
    ['backlog', String(stats.backlog)],
    ['parked', stats.parked === 0 ? '0' : paint(stream, 'red', String(stats.parked))],
    ['disputes', drawDisputeCounts(stream, stats)],
    ...(stats.batching ? [['workflows', drawBatching(stats.batching)] satisfies [string, string]] : []),
    ...drawStuck(stream, stats),
    ['feed', drawFeed(stream, stats)],
    ['restarted', drawCarriers(stream, stats)],
    ['audit', drawLastAudit(stream, stats)],
    ['deleted', drawRetention(stream, stats)],
  ];
  const right = (title: string) => ({ title, align: 'right' as const });
  const row = (name: string, { count, average, p50, p95, p99 }: Distribution): string[] => [
    name,
    String(count),
    ...[average, p50, p95, p99].map(formatDuration),
  ];
  const table = drawTable(
    stream,
    [{ title: 'time' }, ...['count', 'average', 'p50', 'p95', 'p99'].map(right)],
    [
      row('response', stats.responseTime),
      row('reserve', stats.stages.reserve),
      row('charge', stats.stages.charge),
      row('notify', stats.stages.notify),
    ],
  );
  return `${drawPairs(stream, pairs)}\n\n${table}`;
}

function drawDisputeCounts(
  stream: Output,
  { disputes: { open, needResponse, nextDueAt } }: StatsView,
): string {
  if (needResponse === 0) return `${open} open`;
  const due = nextDueAt === undefined ? '' : `, the first until ${nextDueAt}`;
  return `${open} open, ${paint(stream, 'red', `${needResponse} to answer${due}`)}`;
}

/** Longer ago than this, no process looks for orders without a workflow. Milliseconds. */
const OLD_SWEEP_MS = 120_000;

function drawCarriers(stream: Output, { carriers: { restarted, lost, lastSweepAt } }: StatsView): string {
  const isOld = lastSweepAt === undefined || Date.now() - Date.parse(lastSweepAt) > OLD_SWEEP_MS;
  const problems = [
    ...(lost > 0 ? [`${lost} without a workflow`] : []),
    ...(isOld ? [`last sweep ${lastSweepAt ?? 'never'}`] : []),
  ];
  return [String(restarted), ...problems.map((problem) => paint(stream, 'red', problem))].join(', ');
}

/** For so long the line tells of a restore. Milliseconds. */
const SHOW_RESTORE_MS = 7 * 86_400_000;

function drawFeed(stream: Output, { feed, relay }: StatsView): string {
  const { unnumberedMs, transactionMs, databaseChangedAt } = feed;
  const ahead = relay.filter((each) => each.ahead).map(({ destination }) => destination);
  const problems = [
    ...(unnumberedMs > OLD_EVENT_MS
      ? [`an event waits for a relay since ${formatDuration(unnumberedMs)}`]
      : []),
    ...(transactionMs > OLD_TRANSACTION_MS
      ? [`a transaction is open since ${formatDuration(transactionMs)}`]
      : []),
    ...(databaseChangedAt !== undefined && Date.now() - Date.parse(databaseChangedAt) < SHOW_RESTORE_MS
      ? [`the database was restored or failed over (found at ${databaseChangedAt})`]
      : []),
    ...(ahead.length > 0 ? [`ahead of the last event: ${ahead.join(', ')}`] : []),
  ];
  return problems.length === 0 ? 'ok' : paint(stream, 'red', problems.join(', '));
}

/** A line only where orders stand still. */
function drawStuck(stream: Output, { workflowTasks }: StatsView): [string, string][] {
  const { stuck = 0 } = workflowTasks ?? {};
  return stuck === 0 ? [] : [['stuck', paint(stream, 'red', `${counted(stuck, 'workflow')}: see the log`)]];
}

function drawLastAudit(stream: Output, { audit }: StatsView): string {
  if (audit === undefined) return '-';
  const { differences, lastRunAt } = audit;
  return `${differences === 0 ? 'no difference' : paint(stream, 'red', counted(differences, 'difference'))} (${lastRunAt})`;
}

/** A run of each kind is due every hour. Milliseconds. */
const OLD_RUN_MS = 6 * 3_600_000;

/** How many old rows were deleted, and which tables were not looked at for long. */
function drawRetention(stream: Output, { retention }: StatsView): string {
  const overdue = retention.filter(
    ({ lastRunAt }) => lastRunAt === undefined || Date.now() - Date.parse(lastRunAt) > OLD_RUN_MS,
  );
  const rows = retention.reduce((sum, { deleted }) => sum + deleted, 0);
  const text = `${rows} old rows`;
  if (overdue.length === 0) return text;
  return `${text}, ${paint(stream, 'red', `none lately of ${overdue.map(({ kind }) => kind).join(', ')}`)}`;
}

function byStatus({ orders }: StatsView): string {
  const parts = Object.entries(orders.byStatus).map(([status, count]) => `${count} ${status}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const drawBatching = ({ startsPerSecond, size: { mean, p95 } }: BatchingView): string =>
  mean === null
    ? 'none started'
    : `${startsPerSecond.toFixed(1)} started/s, ${mean.toFixed(1)} orders each (p95 ${p95})`;
