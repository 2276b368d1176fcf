import type { AuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { type AuditSession, type Comparison, FIRST_LEVEL } from '../adapters/postgres/audit/session.ts';
import type { AuditCounts } from '../contracts/http/audit.ts';
import type {
  LabelRecords,
  ProviderRecords,
  RecordPage,
  WorkflowLister,
} from '../contracts/ports/audit-sources.ts';
import { mapConcurrently } from './map-concurrently.ts';

/** Everything that an audit compares, and the log that it writes its report to. */
export interface AuditSources {
  log: AuditLog;
  provider: ProviderRecords;
  /** Absent: the shop buys no labels, and nothing is compared with a carrier. */
  labels?: LabelRecords;
  workflows: WorkflowLister;
}

/** A step of an audit: what it needs, and where the attempt before it stood. */
export interface AuditStep<P> extends AuditSources {
  session: AuditSession;
  comparison: Comparison & { startedAt: Date };
  /** Undefined: begin at the beginning. */
  last: P | undefined;
  /** Keeps where the step stands, and shows what the audit has counted so far. Throws when the activity is cancelled. */
  keep: (position: P, counts?: Partial<AuditCounts>) => Promise<void>;
}

/** How many rows one statement reads to find orders of the window. */
const COLLECT_BATCH_SIZE = 50_000;
const SHORTEST_SPAN_MS = 1_000;
/** A statement for each page of a list would take longer than the list itself. */
const PAGES_PER_STATEMENT = 10;
/** How many orders, or stock levels, the rules compare in one statement. Fewer take longer in all; more need more memory. */
const COMPARE_BATCH_SIZE = 10_000;
/** How many orders are looked through at a time for payments and labels that the lists do not have. */
const SEARCH_BATCH_SIZE = 2_000;
/** How many differences of each rule are checked again. If there are more, the others count as they were found. */
const RECHECKED_PER_RULE = 5_000;

const KINDS = ['placed', 'changed'] as const;
export interface CollectPosition {
  what: (typeof KINDS)[number];
  /** ISO 8601. */
  from: string;
}

/**
 * Adds the orders of the audit: those that have no outcome yet, or of which a payment, a parcel or a step has none, and those that were
 * placed or changed in its time. Reads that time in spans that become shorter and longer with the number of orders in them.
 */
export async function collectOrders({
  session,
  comparison: { since, startedAt: end },
  last,
  keep,
}: AuditStep<CollectPosition>): Promise<void> {
  if (last === undefined) await session.addUndecided();
  for (const what of KINDS.slice(last ? KINDS.indexOf(last.what) : 0)) {
    let from = last?.what === what ? new Date(last.from) : since;
    let spanMs = end.getTime() - from.getTime();
    while (from < end) {
      let to = earliest(end, new Date(from.getTime() + spanMs));
      while (
        to.getTime() - from.getTime() > SHORTEST_SPAN_MS &&
        (await session.hasMore(what, from, to, COLLECT_BATCH_SIZE))
      )
        to = new Date((from.getTime() + to.getTime()) / 2);
      await session.addRecent(what, from, to);
      spanMs = 2 * (to.getTime() - from.getTime());
      from = to;
      await keep({ what, from: from.toISOString() });
    }
  }
  const { orders = 0, items = 0 } = await session.countRecords();
  await keep({ what: 'changed', from: end.toISOString() }, { orders, items });
}

/** Where a list stands, and how many of its records were read. */
export interface ListPosition {
  next: string;
  read: number;
}

export const readPayments = ({
  provider,
  comparison,
  session,
  ...step
}: AuditStep<ListPosition>): Promise<void> =>
  readList(
    step,
    'providerPayments',
    (from) => provider.payments(comparison.since, from),
    (payments) => session.addPayments(payments),
  );

/** `disputes`: the list of refunds is read. */
export interface RefundsPosition {
  refunds?: ListPosition;
  disputes?: ListPosition;
}

/** Reads what was given back, or may be: the provider's refunds, and then its disputes. */
export async function readRefunds({
  provider,
  comparison,
  session,
  last,
  keep,
}: AuditStep<RefundsPosition>): Promise<void> {
  if (!last?.disputes)
    await readList(
      { last: last?.refunds, keep: (refunds, counts) => keep({ refunds }, counts) },
      'providerRefunds',
      (from) => provider.refunds(comparison.since, from),
      (refunds) => session.addRefunds(refunds),
    );
  await readList(
    { last: last?.disputes, keep: (disputes, counts) => keep({ disputes }, counts) },
    'providerDisputes',
    (from) => provider.disputes(comparison.since, from),
    (disputes) => session.addDisputes(disputes),
  );
}

export const readClosedWorkflows = ({
  workflows,
  comparison,
  session,
  ...step
}: AuditStep<ListPosition>): Promise<void> =>
  readList(
    step,
    'closedWorkflows',
    (from) => workflows.closedCheckouts(comparison.since, from),
    (page) => session.addWorkflows(page),
    (page) => new Set(page.map(({ workflowId }) => workflowId)).size,
  );

async function readList<T>(
  { last, keep }: Pick<AuditStep<ListPosition>, 'last' | 'keep'>,
  name: keyof AuditCounts,
  list: (from: string | undefined) => AsyncIterable<RecordPage<T>>,
  add: (records: T[]) => Promise<void>,
  count = (records: T[]): number => records.length,
): Promise<void> {
  let { next, read } = last ?? { next: '', read: 0 };
  let records: T[] = [];
  let pages = 0;
  for await (const page of list(next === '' ? undefined : next)) {
    records = [...records, ...page.records];
    pages += 1;
    if (page.next !== undefined && pages % PAGES_PER_STATEMENT !== 0) continue;
    await add(records);
    const total = read + count(records);
    // After the last page there is nothing to go on with: an error that follows it has the last pages read again.
    if (page.next !== undefined) [next, read, records] = [page.next, total, []];
    await keep({ next, read }, { [name]: total });
  }
}

/** Where the search through the audit's orders stands. */
export interface OrdersPosition {
  after: number;
}

/** Retrieves the payments of the audit's orders that are older than the provider's list, with their refunds and disputes. */
export async function readOlderPayments({
  session,
  provider,
  ...step
}: AuditStep<OrdersPosition>): Promise<void> {
  await eachOrders(step.last?.after ?? 0, session, SEARCH_BATCH_SIZE, async (range) => {
    const found = await mapConcurrently(await session.olderPayments(range), (id) => provider.find(id));
    const known = found.filter((each) => each !== undefined);
    await session.addPayments(known.map(({ payment }) => payment));
    await session.addRefunds(known.flatMap(({ refunds }) => refunds));
    await session.addDisputes(known.flatMap(({ disputes }) => disputes));
    await step.keep({ after: range.to });
  });
}

/** `until`: when the last label of the list was created. `after`: the list is read, and older labels are retrieved. */
export interface LabelsPosition {
  until?: string;
  after?: number;
  read: number;
}

/** Reads the carrier's list of labels, and retrieves those of the audit's orders that are older. */
export async function readLabels({ session, labels, last, keep }: AuditStep<LabelsPosition>): Promise<void> {
  if (!labels) return;
  let read = last?.read ?? 0;
  const since = await session.labelsSince();
  if (since && last?.after === undefined)
    for await (const page of labels.listShipments(since, last?.until ? new Date(last.until) : undefined)) {
      await session.addLabels(page);
      read += page.length;
      const until = page.at(-1)?.createdAt;
      if (until !== undefined) await keep({ until, read }, { carrierLabels: read });
    }
  await eachOrders(last?.after ?? 0, session, SEARCH_BATCH_SIZE, async (range) => {
    const found = await mapConcurrently(await session.olderLabels(range), (carrierShipmentId) =>
      labels.findShipment({ carrierShipmentId }),
    );
    await session.addLabels(found.filter((each) => each !== undefined));
    await keep({ after: range.to, read });
  });
}

/** Running workflows are read last: whatever the tables say from now on may be the work of one of them. */
export async function readRunningWorkflows({ session, workflows, keep }: AuditStep<number>): Promise<void> {
  let read = 0;
  for await (const page of workflows.running()) {
    await session.addWorkflows(page);
    read += page.length;
    await keep(read, { runningWorkflows: read });
  }
}

export interface ComparePosition {
  /** The number of the last order that was compared. */
  after: number;
  /** The last stock level that was compared. */
  level?: [sku: string, location: string];
  counts: Partial<AuditCounts>;
}

/** Runs the rules, for some thousand orders or stock levels at a time. */
export async function compareRecords({ session, last, keep }: AuditStep<ComparePosition>): Promise<void> {
  let counts = last?.counts;
  if (counts === undefined) {
    await session.analyze();
    counts = await session.countRecords();
    // The orders are counted again while they are compared.
    await keep({ after: 0, counts: { ...counts, orders: 0 } }, counts);
    counts = { ...counts, orders: 0 };
  }
  const { after = 0, level } = last ?? {};
  if (level === undefined)
    await eachOrders(after, session, COMPARE_BATCH_SIZE, async (range) => {
      await session.compareOrders(range);
      counts = sumOf(counts ?? {}, await session.count(range));
      await keep({ after: range.to, counts }, counts);
    });
  let at = level ?? FIRST_LEVEL;
  for (;;) {
    const range = await session.nextLevels(at, COMPARE_BATCH_SIZE);
    if (!range) break;
    await session.compareLevels(range);
    at = range.to;
    await keep({ after, level: [...at], counts });
  }
  await session.compareRest();
  await session.chooseSuspects(RECHECKED_PER_RULE);
}

async function eachOrders(
  first: number,
  session: AuditSession,
  atOnce: number,
  work: (range: { after: number; to: number }) => Promise<void>,
): Promise<void> {
  for (let after = first; ;) {
    const range = await session.nextOrders(after, atOnce);
    if (!range) return;
    await work(range);
    after = range.to;
  }
}

function sumOf(a: Partial<AuditCounts>, b: Partial<AuditCounts>): Partial<AuditCounts> {
  const sum = { ...a };
  for (const name of Object.keys(b) as (keyof AuditCounts)[]) sum[name] = (a[name] ?? 0) + (b[name] ?? 0);
  return sum;
}

const earliest = (a: Date, b: Date): Date => (a < b ? a : b);
