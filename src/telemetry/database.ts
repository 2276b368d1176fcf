import type { Counter, Gauge, LabelValues } from 'prom-client';
import type { DatabaseGauges, StatsReader } from '../adapters/postgres/stats-reader.ts';
import type { Families } from './families.ts';

/** For so long an answer is used again, so that scrapes cost one query. Milliseconds. */
const MAX_AGE_MS = 5_000;
/** A scrape waits no longer for the query, which goes on. Milliseconds. */
const MAX_WAIT_MS = 3_000;

export interface DatabaseSource {
  /** Reads what PostgreSQL knows, unless that was done a moment ago. Never rejects: `scrape_source_up` says whether it has worked. */
  refresh(): Promise<void>;
}

/** What PostgreSQL knows about the whole installation: every process shows the same, so take the maximum over the processes. */
export function createDatabaseSource(
  families: Families,
  stats: Pick<StatsReader, 'gauges'>,
  limits: { maxAgeMs?: number; maxWaitMs?: number } = {},
): DatabaseSource {
  const { maxAgeMs = MAX_AGE_MS, maxWaitMs = MAX_WAIT_MS } = limits;
  const { sourceUp, sourceErrors } = families;
  const source = 'database';
  sourceErrors.inc({ source }, 0);
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  show(families, undefined);

  async function read(): Promise<void> {
    try {
      show(families, await stats.gauges());
      readAt = performance.now();
      sourceUp.set({ source }, 1);
    } catch {
      fail();
    } finally {
      reading = undefined;
    }
  }

  function fail(): void {
    sourceErrors.inc({ source });
    sourceUp.set({ source }, 0);
    // Old figures would look like a shop in which nothing happens.
    show(families, undefined);
  }

  return {
    async refresh() {
      if (performance.now() - readAt <= maxAgeMs) return;
      const current = (reading ??= read());
      const waited = new AbortController();
      const late = await Promise.race([
        current.then(() => false),
        new Promise<boolean>((resolve) => {
          const timer = setTimeout(resolve, maxWaitMs, true);
          waited.signal.addEventListener('abort', () => {
            clearTimeout(timer);
          });
        }),
      ]);
      waited.abort();
      if (late) fail();
    },
  };
}

/** Sets every metric that comes from PostgreSQL. Undefined: nothing is known, and the answer has none of them. */
function show(families: Families, known: DatabaseGauges | undefined): void {
  const gauges: Partial<DatabaseGauges> = known ?? {};
  const {
    undecided,
    parked,
    relay,
    feed,
    carriers,
    webhooks,
    deadLetters,
    stock,
    disputes,
    audit,
    batches,
    database,
  } = gauges;
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

  rows(families.undecided, undecided, ({ status, orders }) => [{ status }, orders]);
  rows(families.undecidedAge, undecided, ({ status, oldestMs }) => [{ status }, oldestMs / 1_000]);
  rows(families.parked, parked, ({ step, count }) => [{ step }, count]);
  rows(families.parkedAge, parked, ({ step, oldestMs }) => [{ step }, oldestMs / 1_000]);
  rows(families.relayBehind, relay, ({ destination, behind }) => [{ destination }, behind]);
  rows(families.relayLag, relay, ({ destination, lagMs }) => [{ destination }, lagMs / 1_000]);
  rows(families.webhookEndpoints, webhooks && [webhooks], ({ failing }) => [{ state: 'failing' }, failing]);
  if (webhooks) families.webhookEndpoints.set({ state: 'disabled' }, webhooks.disabled);
  rows(families.deadLetters, deadLetters && Object.entries(deadLetters), ([state, count]) => [
    { state },
    count,
  ]);
  one(families.lostOrders, carriers?.lost);
  one(families.sweepAge, seconds(carriers?.lastSweepMs));
  one(families.feedUnnumbered, seconds(feed?.unnumberedMs));
  one(families.feedTransaction, seconds(feed?.transactionMs));
  one(families.webhooksPending, webhooks?.pending);
  one(families.oversoldUnits, stock?.oversoldUnits);
  one(families.oversoldOrders, stock?.oversoldOrders);
  one(families.lowStock, stock?.low);
  one(families.openDisputes, disputes?.open);
  one(families.unansweredDisputes, disputes?.needResponse);
  one(families.runningBatches, batches?.running);
  one(families.auditDifferences, audit?.differences);
  one(families.auditAge, seconds(audit?.ageMs));
  one(families.databaseSize, database?.sizeBytes);
  one(families.databaseConnections, database?.connections);
  one(families.databaseMaxConnections, database?.maxConnections);
  total(families.databaseDeadlocks, database?.deadlocks);
  total(families.databaseTemporaryBytes, database?.temporaryBytes);
  families.databaseTransactions.reset();
  families.databaseBlocks.reset();
  if (!database) return;
  families.databaseTransactions.inc({ result: 'committed' }, database.committed);
  families.databaseTransactions.inc({ result: 'rolled_back' }, database.rolledBack);
  families.databaseBlocks.inc({ result: 'hit' }, database.blocksHit);
  families.databaseBlocks.inc({ result: 'read' }, database.blocksRead);
}

function rows<L extends string, R>(
  gauge: Gauge<L>,
  found: readonly R[] | undefined,
  seriesOf: (row: R) => [LabelValues<L>, number],
): void {
  gauge.reset();
  for (const row of found ?? []) gauge.set(...seriesOf(row));
}

function one(gauge: Gauge<never>, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

/** A counter that PostgreSQL counts. */
function total(counter: Counter<never>, value: number | undefined): void {
  counter.reset();
  if (value === undefined) counter.remove();
  else counter.inc(value);
}
