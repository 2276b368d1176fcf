import { randomUUID } from 'node:crypto';
import { ApplicationFailure, Context, sleep } from '@temporalio/activity';
import type { AuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { type AuditSession, openAuditSession } from '../adapters/postgres/audit/session.ts';
import { errorCode, type Pool } from '../adapters/postgres/pool.ts';
import {
  AUDITED,
  type AuditActivities,
  type AuditCommand,
  type AuditCounts,
  type AuditReport,
  type AuditSummary,
} from '../contracts/http/audit.ts';
import { RECHECK_PAUSES_MS } from '../contracts/audited.ts';
import { recheckDifferences } from './audit-recheck.ts';
import * as steps from './audit-steps.ts';
import type { AuditSources, AuditStep } from './audit-steps.ts';
import { type Position, withHeartbeat, withPosition } from './heartbeat.ts';

export interface AuditParts extends AuditSources {
  pool: Pool;
  /** How far back an audit goes that is not told, in milliseconds. */
  windowMs: number;
}

/** Maximum number of differences in the workflow's history. All of them are in PostgreSQL. */
const MAX_SUMMARY_DIFFERENCES = 50;
const PROGRESS_INTERVAL_MS = 1_000;

export function createAuditActivities(
  parts: AuditParts,
  pausesMs: readonly number[] = RECHECK_PAUSES_MS,
): AuditActivities {
  const begin = (command: AuditCommand): Promise<AuditReport | undefined> => beginAudit(parts, command);
  const recheck = (auditId: string): Promise<number> => recheckAudit(parts, auditId);
  const finish = (auditId: string): Promise<AuditReport> => finishAudit(parts, auditId);
  /** A step that goes on where the attempt before it stood. */
  const step =
    <P>(run: (step: AuditStep<P>) => Promise<void>) =>
    ({ auditId }: { auditId: string }): Promise<void> =>
      withPosition((position: Position<P>) => explained(() => runStep(parts, auditId, run, position)));

  return {
    beginAudit: (command) =>
      withHeartbeat(() =>
        explained(async () => {
          const finished = await begin(command);
          return finished && summaryOf(finished);
        }),
      ),
    collectOrders: step(steps.collectOrders),
    readPayments: step(steps.readPayments),
    readRefunds: step(steps.readRefunds),
    readOlderPayments: step(steps.readOlderPayments),
    readLabels: step(steps.readLabels),
    readClosedWorkflows: step(steps.readClosedWorkflows),
    readRunningWorkflows: step(steps.readRunningWorkflows),
    compareRecords: step(steps.compareRecords),
    recheckDifferences: ({ auditId }) => withHeartbeat(() => explained(() => recheck(auditId))),
    finishAudit: ({ auditId }) =>
      withHeartbeat(() => explained(async () => summaryOf(await finish(auditId)))),

    runAudit: (command) =>
      withHeartbeat(() =>
        explained(async () => {
          const finished = await begin(command);
          if (finished) return summaryOf(finished);
          const { auditId } = command;
          const run = <P>(work: (step: AuditStep<P>) => Promise<void>): Promise<void> =>
            runStep(parts, auditId, work, { last: undefined, keep: () => undefined });
          await run(steps.collectOrders);
          await run(steps.readPayments);
          await run(steps.readRefunds);
          await run(steps.readOlderPayments);
          await run(steps.readLabels);
          await run(steps.readClosedWorkflows);
          await run(steps.readRunningWorkflows);
          await run(steps.compareRecords);
          let remaining = Infinity;
          for (const pause of pausesMs) {
            if (remaining === 0) break;
            await sleep(pause);
            remaining = await recheck(auditId);
          }
          return summaryOf(await finish(auditId));
        }),
      ),
  };
}

async function beginAudit(
  { pool, log, labels, windowMs }: AuditParts,
  { auditId, since, actor }: AuditCommand,
): Promise<AuditReport | undefined> {
  const from = since === undefined ? new Date(Date.now() - windowMs) : new Date(since);
  if (Number.isNaN(from.getTime()))
    throw ApplicationFailure.nonRetryable(
      'The audit cannot begin: "since" must be a time such as 2026-01-31T12:00:00Z',
      'InvalidSince',
    );
  const finished = await log.begin({ auditId, since: from.toISOString(), ...(actor && { actor }) });
  if (finished) return finished;
  await withSession(pool, auditId, (session) =>
    session.begin({ since: from, comparesLabels: labels !== undefined, recounts: since !== undefined }),
  );
  return undefined;
}

async function runStep<P>(
  { pool, ...sources }: AuditParts,
  auditId: string,
  run: (step: AuditStep<P>) => Promise<void>,
  position: Position<P>,
): Promise<void> {
  const { cancellationSignal } = Context.current();
  let shownAt = Date.now();
  let shown: Partial<AuditCounts> = {};
  await withSession(pool, auditId, async (session) => {
    const comparison = await comparisonOf(session);
    await run({
      ...sources,
      session,
      comparison,
      last: position.last,
      async keep(reached, counts) {
        cancellationSignal.throwIfAborted();
        position.keep(reached);
        shown = { ...shown, ...counts };
        if (Date.now() - shownAt < PROGRESS_INTERVAL_MS) return;
        shownAt = Date.now();
        await sources.log.progress(auditId, shown);
      },
    });
  });
  await sources.log.progress(auditId, shown);
}

async function recheckAudit({ pool, ...sources }: AuditParts, auditId: string): Promise<number> {
  const { cancellationSignal } = Context.current();
  return withSession(pool, auditId, async (audit) => {
    const comparison = await comparisonOf(audit);
    // An attempt that was given up may still be running, so each has records of its own.
    return withSession(pool, `${auditId}/recheck/${randomUUID()}`, async (fresh) => {
      await fresh.begin({ ...comparison, recounts: true });
      return recheckDifferences({
        ...sources,
        audit,
        fresh,
        isGoingOn: () => {
          cancellationSignal.throwIfAborted();
        },
      });
    });
  });
}

async function finishAudit({ pool, log }: AuditParts, auditId: string): Promise<AuditReport> {
  return withSession(pool, auditId, async (session) => {
    const report = (await log.report(auditId)) ?? (await reportOf(log, auditId, session));
    await session.discard();
    return report;
  });
}

async function reportOf(log: AuditLog, auditId: string, session: AuditSession): Promise<AuditReport> {
  await comparisonOf(session);
  const shown = await log.find(auditId);
  const checked = { ...NO_COUNTS, ...shown?.checked };
  return log.finish(auditId, { checked, ...(await session.differences()) });
}

async function withSession<T>(
  pool: Pool,
  auditId: string,
  run: (session: AuditSession) => Promise<T>,
): Promise<T> {
  const session = await openAuditSession(pool, auditId);
  try {
    return await run(session);
  } finally {
    session.close();
  }
}

/** @throws a failure that is not retried, if the records that the steps before have read are gone */
async function comparisonOf(session: AuditSession): Promise<AuditStep<never>['comparison']> {
  const comparison = await session.comparison();
  if (comparison) return comparison;
  throw ApplicationFailure.nonRetryable(
    'The records that the audit had read are gone: PostgreSQL empties its tables after a crash. Run a new audit.',
    'AuditRecordsLost',
  );
}

/** An error's message is left out because it may quote data. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    Context.current().cancellationSignal.throwIfAborted();
    if (error instanceof ApplicationFailure) throw error;
    throw ApplicationFailure.retryable(`The audit could not be completed (${kindOf(error)})`, 'AuditFault');
  }
}

const summaryOf = ({ auditId, clean, checked, differenceCount, differences }: AuditReport): AuditSummary => ({
  auditId,
  clean,
  checked,
  differenceCount,
  differences: differences.slice(0, MAX_SUMMARY_DIFFERENCES),
});

const NO_COUNTS = Object.fromEntries(AUDITED.map((name) => [name, 0])) as AuditCounts;

/** The kind of an error, with its code if it has one. */
function kindOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return [name, errorCode(error)].filter(Boolean).join(' ');
}
