/** `npm run bench:hot-item`: how fast one hot item is reserved; see docs/performance.md. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { format, resolveConfig } from 'prettier';
import { batchedLedger } from '../src/adapters/postgres/batched-ledger.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import { createOrderLedger, type OrderLedger } from '../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../src/adapters/postgres/pool.ts';
import { wholeNumber } from '../src/cli/support/options.ts';
import { freePort } from '../dev/processes/free-port.ts';
import { startPostgres } from '../dev/postgres/postgres.ts';
import { createLogger } from '../src/platform/logging.ts';
import { checkHeld, putOnShelf, reserveAgainAndAgain, type Reservations } from './hot-item/load.ts';
import { sheetsOf, summariseComparison } from './hot-item/summary.ts';
import { untilInterrupted } from './interrupt.ts';
import { watchOtherLoad } from './other-load.ts';
import { sheetsToMarkdown } from './report/document.ts';
import { updateDocument } from './report/files.ts';
import { printSheets } from './report/print.ts';
import { rotated } from './rounds.ts';

const IN_FLIGHT = 100;
const MANY = 1_000;
const LOAD_MS = 2_000;
const RESULTS = 'bench/results/hot-item.json';

const command = new Command('npm run bench:hot-item --')
  .description('measures reservations of one item and of a thousand, gathered and not, side by side')
  .option('--quick', 'a first impression; keeps the last full run in docs/performance.md', false)
  .option('--rounds <n>', 'default 6, with --quick 2', wholeNumber(1))
  .parse();
const options = command.opts<{ quick: boolean; rounds?: number }>();
const rounds = options.rounds ?? (options.quick ? 2 : 6);
const signal = untilInterrupted();
const measuredAt = new Date().toISOString();

mkdirSync('.data', { recursive: true });
// On the disk of the checkout: a temporary folder may be in memory, where a sync costs nothing.
const folder = mkdtempSync(resolve('.data', 'bench-'));
chmodSync(folder, 0o711); // PostgreSQL's own user passes through it when we are root
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
const logger = createLogger({ level: 'warn', component: 'bench' });
console.log('starting PostgreSQL');
const postgres = await startPostgres({
  dataDir: join(folder, 'postgres'),
  port: await freePort(),
  logger,
});
const pool = createPool({ url: postgres.url });
try {
  await migrate(postgres.url);
  await putOnShelf(pool, MANY);

  const plain = createOrderLedger(pool);
  const gathered = batchedLedger(plain);
  const comparison = {
    hotGathered: way('one item, gathered', gathered, 1),
    manyGathered: way('1,000 items, gathered', gathered, MANY),
    hotPlain: way('one item, a transaction an order', plain, 1),
    manyPlain: way('1,000 items, a transaction an order', plain, MANY),
  };
  const ways = Object.values(comparison);

  console.log('warming up');
  let reserved = 0;
  for (const each of ways) reserved += (await load(each)).responseTimes.length;
  const otherLoad = watchOtherLoad();
  for (let round = 1; round <= rounds; round += 1) {
    for (const each of rotated(ways, round)) {
      const result = await load(each);
      each.loads.push(result);
      reserved += result.responseTimes.length;
      const rate = result.perSecond.toFixed(0).padStart(6);
      console.log(`round ${round} of ${rounds}  ${each.title.padEnd(36)} ${rate} a second`);
    }
  }
  const otherCores = otherLoad() ?? null;
  await checkHeld(pool, reserved);
  console.log(`checked: ${reserved} orders reserved, as many pieces held`);

  const summary = summariseComparison(comparison);
  const sheets = sheetsOf(summary);
  printSheets(process.stdout, sheets);
  const about =
    `Measured ${measuredAt.slice(0, 10)}: ${rounds} rounds of ${LOAD_MS / 1000} s each, ${availableParallelism()} cores, ` +
    `${otherCores === null ? 'an unknown share' : otherCores.toFixed(2)} of them busy with something else, fsync on.`;
  console.log(`\n${about}`);
  if (!options.quick) {
    await updateDocument('hot-item', `${sheetsToMarkdown(sheets)}\n\n${about}`);
    const config = await resolveConfig(RESULTS);
    const results = JSON.stringify({ measuredAt, rounds, inFlight: IN_FLIGHT, otherCores, ...summary });
    writeFileSync(RESULTS, await format(results, { ...config, filepath: RESULTS }));
  }
} finally {
  await pool.end();
  await postgres.stop();
}

interface Way {
  readonly title: string;
  readonly ledger: OrderLedger;
  readonly items: number;
  readonly loads: Reservations[];
}

function way(title: string, ledger: OrderLedger, items: number): Way {
  return { title, ledger, items, loads: [] };
}

function load({ ledger, items }: Way): Promise<Reservations> {
  return reserveAgainAndAgain(ledger, { items, inFlight: IN_FLIGHT, durationMs: LOAD_MS, signal });
}
