import { ApplicationFailure, Context } from '@temporalio/activity';
import type { AuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { openAuditSession, type AuditSession } from '../adapters/postgres/audit/session.ts';
import { errorCode, type Pool } from '../adapters/postgres/pool.ts';
import {
  AUDITED,
  type AuditActivities,
  type AuditCounts,
  type AuditDifference,
  type AuditCommand,
  type AuditReport,
  type AuditSummary,
  MAX_DIFFERENCES,
} from '../contracts/http/audit.ts';
import type { LabelRecords, ProviderRecords, WorkflowLister } from '../contracts/ports/audit-sources.ts';
import { recheckDifferences } from './audit-recheck.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Everything that an audit compares, and the log that it writes its report to. */
export interface AuditParts {
  pool: Pool;
  log: AuditLog;
  provider: ProviderRecords;
  /** Absent: the shop buys no labels, and nothing is compared with a carrier. */
  labels?: LabelRecords;
  workflows: WorkflowLister;
}

/**
 * Orders go on while they are audited, and the sources are read one after another. So each difference is checked again after each of
 * these pauses, and only a difference that is found every time counts. Together the pauses are longer than the payment provider
 * usually takes to answer and to send its webhook. Milliseconds.
 */
const RECHECK_PAUSES_MS = [1_000, 2_000, 4_000];
/** Maximum number of differences in the workflow's history. All of them are in PostgreSQL. */
const MAX_SUMMARY_DIFFERENCES = 50;
const PROGRESS_INTERVAL_MS = 1_000;

export function createAuditActivities(parts: AuditParts, pausesMs = RECHECK_PAUSES_MS): AuditActivities {
  return {
    runAudit: (command) =>
      withHeartbeat(async () => {
        try {
          const finished = await parts.log.begin(command);
          return summaryOf(finished ?? (await audit(parts, command, pausesMs)));
        } catch (error) {
          Context.current().cancellationSignal.throwIfAborted();
          throw ApplicationFailure.retryable(
            `The audit could not be completed (${kindOf(error)})`,
            'AuditFault',
          );
        }
      }),
  };
}

async function audit(
  parts: AuditParts,
  { auditId, since }: AuditCommand,
  pausesMs: number[],
): Promise<AuditReport> {
  const from = since === undefined ? undefined : new Date(since);
  const session = await openAuditSession(parts.pool, from, parts.labels !== undefined);
  try {
    const checked = await readAll(parts, session, auditId, from);
    const first = await session.compare();
    const differences = await recheckDifferences(parts, session, first.found, pausesMs);
    return await parts.log.finish(auditId, {
      checked,
      // Differences beyond the first thousand of a rule are not checked again: they count as they were found.
      differenceCount: differences.length + first.more,
      differences: fairShare(differences),
    });
  } finally {
    session.close();
  }
}

/** The session fixes our orders first: an order that is placed while the provider's records are read is left to the next audit. */
async function readAll(
  { log, provider, labels, workflows }: AuditParts,
  session: AuditSession,
  auditId: string,
  since: Date | undefined,
): Promise<AuditCounts> {
  const { cancellationSignal } = Context.current();
  const read = {
    providerPayments: 0,
    providerRefunds: 0,
    providerDisputes: 0,
    carrierLabels: 0,
    runningWorkflows: 0,
    closedWorkflows: 0,
  };
  await log.progress(auditId, await session.count());
  let progressAt = Date.now();

  await each('providerPayments', provider.payments(since), (page) => session.addPayments(page));
  await each('providerRefunds', provider.refunds(since), (page) => session.addRefunds(page));
  await each('providerDisputes', provider.disputes(since), (page) => session.addDisputes(page));
  const labelsSince = await session.labelsSince();
  if (labels && labelsSince)
    await each('carrierLabels', labels.listShipments(labelsSince), (page) => session.addLabels(page));
  await each('closedWorkflows', workflows.closedCheckouts(since), (page) => session.addWorkflows(page));
  // Running workflows come last: whatever the tables say from now on may be the work of one of them.
  await each('runningWorkflows', workflows.running(), (page) => session.addWorkflows(page));
  return { ...NO_COUNTS, ...(await session.count()) };

  async function each<T>(
    name: keyof typeof read,
    pages: AsyncIterable<T[]>,
    add: (page: T[]) => Promise<void>,
  ): Promise<void> {
    for await (const page of pages) {
      cancellationSignal.throwIfAborted();
      await add(page);
      read[name] += page.length;
      if (Date.now() - progressAt < PROGRESS_INTERVAL_MS) continue;
      progressAt = Date.now();
      await log.progress(auditId, read);
    }
  }
}

/** Keeps the same number of differences of each rule, as far as a rule has as many, so that no rule crowds out the others. */
function fairShare(differences: AuditDifference[]): AuditDifference[] {
  if (differences.length <= MAX_DIFFERENCES) return differences;
  const ranked = new Map<string, number>();
  return differences
    .map((difference) => {
      const rank = ranked.get(difference.rule) ?? 0;
      ranked.set(difference.rule, rank + 1);
      return { difference, rank };
    })
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_DIFFERENCES)
    .map(({ difference }) => difference);
}

const summaryOf = ({ auditId, clean, checked, differenceCount, differences }: AuditReport): AuditSummary => ({
  auditId,
  clean,
  checked,
  differenceCount,
  differences: differences.slice(0, MAX_SUMMARY_DIFFERENCES),
});

const NO_COUNTS = Object.fromEntries(AUDITED.map((name) => [name, 0])) as AuditCounts;

/** The kind of an error. Its message is left out because it may quote data. */
function kindOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return [name, errorCode(error)].filter(Boolean).join(' ');
}
