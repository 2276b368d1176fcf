/**
 * Reports the stock of many items to a running system, by `POST /v1/stock/sync`, while orders of the same items are placed, and checks
 * what came of it. Prints the times and the peak memory, and exits with 1 if a check fails:
 *
 *   npm start                                                        # in one terminal, and in another:
 *   tsx scripts/stock-sync-load.ts --rows 100000 --rate 50
 *
 * It creates the items `sync-000000` and so on where they are missing. The count is taken before the first order and reported while the
 * orders run, so that what was sold since must be subtracted. The same rows are then sent again, which must change nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ApiClient } from '../harness/api/api-client.ts';
import { ApiError } from '../harness/api/errors.ts';
import { systemClock } from '../harness/load/clock.ts';
import { openLoop } from '../harness/load/generate.ts';
import { createOrderSender, type SendResult } from '../harness/load/order-sender.ts';
import { encodeCursor } from '../src/api/lib/cursor.ts';
import { findConnection } from '../src/cli/support/connection.ts';
import { drawReport, sum, Tally } from '../src/cli/load/report.ts';
import type { OrderRequest } from '../src/contracts/http/order.ts';
import { MAX_SYNC_ROWS, type StockSyncRow, type SyncCounts } from '../src/contracts/http/stock-sync.ts';
import type { StockItem } from '../src/contracts/http/stock.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '50' },
    url: { type: 'string' },
    'api-key': { type: 'string' },
    /** The process whose memory is measured. Default: the app of the system that runs in this folder. */
    pid: { type: 'string' },
  },
});
const rowCount = Number(values.rows);
const ratePerSecond = Number(values.rate);
/** Pieces of each item: far more than the orders take. */
const COUNTED = 100_000;
/** The orders take turns over this many of the items. */
const ORDERED_ITEMS = Math.min(500, rowCount);
/** Below the rate limit of the API. */
const CREATE_CONCURRENCY = 16;
const MEMORY_INTERVAL_MS = 200;
const SETTLE_TIMEOUT_MS = 120_000;
/** Stock that has not changed for so long is still. */
const STILL_MS = 3_000;

const connection = findConnection({ url: values.url, apiKey: values['api-key'] }, process.env);
const api = new ApiClient(connection);
const runId = Date.now();
const skus = Array.from({ length: rowCount }, (_, index) => `sync-${String(index).padStart(6, '0')}`);
const failures: string[] = [];
const check = (holds: boolean, promise: string): void => {
  console.log(`${holds ? 'holds ' : 'BROKEN'}  ${promise}`);
  if (!holds) failures.push(promise);
};

await createItems();
const before = await readStillItems();
const countedAt = new Date().toISOString();
const memory = watchMemory(pidOfApp());
const stopped = new AbortController();
const tally = new Tally();
const startedAt = performance.now();
const orders = placeOrders();
// Some orders come before the report of the count that was taken before them.
await delay(2_000);
const first = await syncAll();
await delay(2_000);
stopped.abort();
await orders;
const orderMs = performance.now() - startedAt;
await untilDecided();

const after = await readItems();
const again = await syncAll();
const final = await readItems();
const peak = memory.stop();

console.log(drawReport(process.stdout, tally.report(orderMs)));
console.log(
  `\n${rowCount} rows in ${seconds(first.ms)} s beside the orders, and again in ${seconds(again.ms)} s without them`,
);
console.log(
  `peak memory of the app: ${peak === undefined ? 'not measured' : `${Math.round(peak / 1024)} MiB`}\n`,
);
check(sum(tally.report(orderMs).errors) === 0, 'every order has an outcome');
check(first.counts.applied === rowCount, `every row is applied: ${JSON.stringify(first.counts)}`);
check(again.counts.stale === rowCount, `the same rows again are stale: ${JSON.stringify(again.counts)}`);
check(
  JSON.stringify(after.slice(ORDERED_ITEMS)) === JSON.stringify(final.slice(ORDERED_ITEMS)) &&
    final.every((item, index) => piecesOf(item, before[index]) === COUNTED),
  'the same rows again change nothing',
);
check(
  after.every((item) => item.onHand === item.available + item.held + item.committed + item.unavailable),
  'what is there is available, held, committed or unavailable',
);
check(
  after.every((item, index) => piecesOf(item, before[index]) === COUNTED),
  'what was counted is available, held for orders, or was sold since',
);
check(
  after.every(({ oversold }) => oversold === 0),
  'nothing is sold that is not there',
);
const audit = await api.startAudit(countedAt, 60);
check(audit.clean === true, `the audit finds nothing: ${JSON.stringify(audit.differences)}`);
process.exit(failures.length === 0 ? 0 : 1);

/** Pieces of the count: what is left of it, what paid orders had before it and have not got yet, and what was sold since. */
function piecesOf(item: StockItem, old: StockItem | undefined): number {
  if (old === undefined) return Number.NaN;
  return item.available + item.held + old.committed + item.sold - old.sold;
}

async function createItems(): Promise<void> {
  const known = new Set((await readItems()).map(({ sku }) => sku));
  const missing = skus.filter((sku) => !known.has(sku));
  console.log(`creating ${missing.length} items`);
  const create = async (): Promise<void> => {
    for (let sku = missing.pop(); sku !== undefined; sku = missing.pop()) await createItem(sku);
  };
  await Promise.all(Array.from({ length: CREATE_CONCURRENCY }, create));
}

async function createItem(sku: string): Promise<void> {
  for (;;) {
    try {
      await api.putStock(sku, { title: `Item ${sku}`, unitPrice: 1_000, currency: 'EUR', onHand: COUNTED });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'rate_limited') throw error;
      await delay(1_000);
    }
  }
}

/** The items of this load, by SKU. */
async function readItems(): Promise<StockItem[]> {
  const wanted = new Set(skus);
  const items: StockItem[] = [];
  let cursor: string | undefined = encodeCursor('sync-');
  do {
    const page = await api.listStock({ limit: 100, cursor });
    items.push(...page.data.filter(({ sku }) => wanted.has(sku)));
    const isLast = (page.data.at(-1)?.sku ?? '') >= (skus.at(-1) ?? '');
    cursor = isLast ? undefined : page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

/** The items when nothing changes them any more: parcels of earlier orders may still be on their way out. */
async function readStillItems(): Promise<StockItem[]> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (let last = await readItems(); ;) {
    await delay(STILL_MS);
    const now = await readItems();
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    if (performance.now() > deadline) throw new Error('Earlier orders still change the stock.');
    last = now;
  }
}

async function placeOrders(): Promise<void> {
  const sender = createOrderSender({ connection, maxSockets: 500, waitSeconds: 30 });
  const send = (index: number): Promise<SendResult> => sender.send(orderOf(index), `sync-${runId}-${index}`);
  await openLoop(
    send,
    (result, responseMs) => {
      tally.add(result, responseMs);
    },
    {
      ratePerSecond,
      maxInFlight: 500,
      orders: Infinity,
      durationMs: Infinity,
      signal: stopped.signal,
      clock: systemClock,
    },
  );
  sender.close();
}

/** Every other order is shipped, so that its pieces stay where they are when it is paid. */
function orderOf(index: number): OrderRequest {
  const sku = skus[(index * 37) % ORDERED_ITEMS] ?? '';
  return {
    customer: { email: `sync-${index}@example.com`, name: 'Ada' },
    currency: 'EUR',
    lines: [{ sku, quantity: 1 }],
    payment: { method: 'pm_card_visa' },
    ...(index % 2 === 0 && {
      shipping: { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' },
    }),
  };
}

async function syncAll(): Promise<{ ms: number; counts: SyncCounts }> {
  const counts: SyncCounts = { applied: 0, stale: 0, conflict: 0, error: 0 };
  const began = performance.now();
  for (let at = 0; at < rowCount; at += MAX_SYNC_ROWS) {
    const rows = skus.slice(at, at + MAX_SYNC_ROWS).map((sku): StockSyncRow => ({
      source: 'sync-load',
      sku,
      kind: 'physical',
      quantity: COUNTED,
      sequence: runId,
      asOf: countedAt,
    }));
    for await (const { status } of api.syncStock(rows.map((row) => `${JSON.stringify(row)}\n`).join('')))
      counts[status] += 1;
    process.stderr.write(`\r${at + rows.length} rows, ${tally.orders} orders`);
  }
  process.stderr.write('\n');
  return { ms: performance.now() - began, counts };
}

async function untilDecided(): Promise<void> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  while ((await api.stats('5m')).backlog > 0) {
    if (performance.now() > deadline) throw new Error('The orders were not decided in time.');
    await delay(500);
  }
}

/** The app of the system that `npm start` runs in this folder. */
function pidOfApp(): number | undefined {
  if (values.pid !== undefined) return Number(values.pid);
  try {
    const { children } = JSON.parse(
      readFileSync(join(process.env['CHECKOUT_DATA_DIR'] ?? '.data', 'dev.json'), 'utf8'),
    ) as {
      children: { name: string; pid: number }[];
    };
    return children.find(({ name }) => name === 'app')?.pid;
  } catch {
    return undefined;
  }
}

/** The most resident memory of a process, in KiB, until it is stopped. Undefined on systems other than Linux. */
function watchMemory(pid: number | undefined): { stop: () => number | undefined } {
  let most: number | undefined;
  const read = (): void => {
    try {
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      if (kib !== undefined) most = Math.max(most ?? 0, Number(kib));
    } catch {
      most = undefined;
    }
  };
  const timer = pid === undefined ? undefined : setInterval(read, MEMORY_INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
