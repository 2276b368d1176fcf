import { ApplicationFailure, Context, sleep } from '@temporalio/activity';
import type { AuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { openAuditSession, type AuditSession } from '../adapters/postgres/audit/session.ts';
import { errorCode, type Pool } from '../adapters/postgres/pool.ts';
import type { ProviderRecords, WorkflowLister } from '../contracts/ports/audit-sources.ts';
import {
  type AuditActivities,
  type AuditCounts,
  type AuditDifference,
  type AuditCommand,
  type AuditReport,
  type AuditSummary,
  MAX_DIFFERENCES,
} from '../contracts/http/audit.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import { withHeartbeat } from './heartbeat.ts';

/** All that an audit compares, and where it writes what it found. */
export interface AuditParts {
  pool: Pool;
  log: AuditLog;
  provider: ProviderRecords;
  workflows: WorkflowLister;
}

/**
 * The system goes on while it is audited, and its parts are read one after the other: what differs is looked at again
 * after these pauses, and only what has differed each time counts. Together longer than a provider's answer and its webhook
 * usually take. Milliseconds.
 */
const LOOKS_AGAIN_AFTER_MS = [1_000, 2_000, 4_000];
/** So many questions at once about payments and workflows that are looked at again. */
const MAX_CONCURRENT_QUESTIONS = 8;
/** How many differences the workflow's history keeps; all are in PostgreSQL. */
const TOLD = 50;
const PROGRESS_MS = 1_000;

export function createAuditActivities(parts: AuditParts, pausesMs = LOOKS_AGAIN_AFTER_MS): AuditActivities {
  return {
    runAudit: (order) =>
      withHeartbeat(async () => {
        try {
          const done = await parts.log.begin(order);
          return summaryOf(done ?? (await audit(parts, order, pausesMs)));
        } catch (error) {
          Context.current().cancellationSignal.throwIfAborted();
          throw ApplicationFailure.retryable(
            `The audit could not be carried through (${kindOf(error)})`,
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
  const session = await openAuditSession(parts.pool, from);
  try {
    const checked = await readAll(parts, session, auditId, from);
    const first = await session.compare();
    const differences = await thatPersist(parts, session, first.found, pausesMs);
    return await parts.log.finish(auditId, {
      checked,
      // What is beyond the first thousand of a rule is not looked at again: it counts as it was found.
      differenceCount: differences.length + first.more,
      differences: fairShare(differences),
    });
  } finally {
    session.close();
  }
}

/** Our orders are fixed first: what is placed while the provider's books are read is left to the next audit. */
async function readAll(
  { log, provider, workflows }: AuditParts,
  session: AuditSession,
  auditId: string,
  since: Date | undefined,
): Promise<AuditCounts> {
  const { cancellationSignal } = Context.current();
  const seen = { providerPayments: 0, providerRefunds: 0, runningWorkflows: 0, closedWorkflows: 0 };
  await log.progress(auditId, await session.count());
  let toldAt = Date.now();

  await each('providerPayments', provider.payments(since), (page) => session.addPayments(page));
  await each('providerRefunds', provider.refunds(since), (page) => session.addRefunds(page));
  await each('closedWorkflows', workflows.closedCheckouts(since), (page) => session.addWorkflows(page));
  // Last: what runs now is at work on whatever the tables say from now on.
  await each('runningWorkflows', workflows.running(), (page) => session.addWorkflows(page));
  return { ...NOTHING, ...(await session.count()) };

  async function each<T>(
    name: keyof typeof seen,
    pages: AsyncIterable<T[]>,
    add: (page: T[]) => Promise<void>,
  ): Promise<void> {
    for await (const page of pages) {
      cancellationSignal.throwIfAborted();
      await add(page);
      seen[name] += page.length;
      if (Date.now() - toldAt < PROGRESS_MS) continue;
      toldAt = Date.now();
      await log.progress(auditId, seen);
    }
  }
}

/** Looks at what differs again and again, from fresh data, until it has either persisted or turned out to be in flight. */
async function thatPersist(
  parts: AuditParts,
  session: AuditSession,
  candidates: AuditDifference[],
  pausesMs: number[],
): Promise<AuditDifference[]> {
  let persisting = candidates;
  for (const pause of pausesMs) {
    if (persisting.length === 0) break;
    await sleep(pause);
    await session.narrowTo(unique(persisting.flatMap(({ orderId }) => orderId ?? [])));
    await readAgain(parts, session, persisting);
    const now = new Map((await session.compare()).found.map((found) => [keyOf(found), found]));
    persisting = persisting.flatMap((found) => now.get(keyOf(found)) ?? []);
  }
  return persisting;
}

/** As it stands now: each payment is asked for by its id, and each workflow that should run for itself. */
async function readAgain(
  { provider, workflows }: AuditParts,
  session: AuditSession,
  differences: AuditDifference[],
): Promise<void> {
  const paymentIntentIds = await session.paymentsInQuestion();
  await session.forget(paymentIntentIds);
  for await (const page of workflows.running()) await session.addWorkflows(page);
  const startedAt = new Date().toISOString();
  const asked = await askEach(stories(differences), async (workflow) => ({
    ...workflow,
    startedAt,
    running: await workflows.isRunning(workflow.workflowId),
  }));
  await session.addWorkflows(asked.filter(({ running }) => running));

  const payments = await askEach(paymentIntentIds, (paymentIntentId) => provider.find(paymentIntentId));
  const found = payments.filter((each) => each !== undefined);
  await session.addPayments(found.map(({ payment }) => payment));
  await session.addRefunds(found.flatMap(({ refunds }) => refunds));
}

/** Some at a time. */
async function askEach<T, R>(items: T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const { cancellationSignal } = Context.current();
  const waiting = [...items];
  const answers: R[] = [];
  const askOn = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      cancellationSignal.throwIfAborted();
      answers.push(await ask(item));
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_QUESTIONS }, askOn));
  return answers;
}

/** The workflows of the orders in question, the order's own and the one that the difference names. */
function stories(differences: AuditDifference[]): { workflowId: string; orderId: string; story: boolean }[] {
  const byId = new Map<string, { workflowId: string; orderId: string; story: boolean }>();
  for (const { orderId, ids } of differences) {
    if (orderId === undefined) continue;
    const own = checkoutWorkflowId(orderId);
    for (const workflowId of [own, ids['workflowId'] ?? own])
      byId.set(workflowId, { workflowId, orderId, story: workflowId === own });
  }
  return [...byId.values()];
}

/** The same thing on each look, though what is said of it may change. */
const keyOf = ({ rule, orderId, ids }: AuditDifference): string => JSON.stringify([rule, orderId, ids]);

/** No rule crowds out the others: as many of each, as far as there are. */
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
  differences: differences.slice(0, TOLD),
});

const NOTHING: AuditCounts = {
  orders: 0,
  payments: 0,
  refunds: 0,
  captures: 0,
  reservations: 0,
  items: 0,
  mails: 0,
  events: 0,
  providerPayments: 0,
  providerRefunds: 0,
  runningWorkflows: 0,
  closedWorkflows: 0,
};

const unique = (texts: string[]): string[] => [...new Set(texts)];

/** A fault's own message may quote data. */
function kindOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return [name, errorCode(error)].filter(Boolean).join(' ');
}
