/** `npm run bench:hot-item`: how fast one hot item is reserved; see docs/performance.md. */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { batchedLedger } from '../src/adapters/postgres/batched-ledger.ts';
import { migrate } from '../src/adapters/postgres/migrations/migrate.ts';
import { createOrderLedger, type OrderLedger } from '../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../src/adapters/postgres/pool.ts';
import { wholeNumber } from '../src/cli/support/options.ts';
import { startPostgres } from '../dev/postgres/postgres.ts';
import { createLogger } from '../src/platform/logging.ts';
import { addItems, checkHeld, reserveInLoop, type Reservations } from './hot-item/load.ts';
import { hotItemTables, summariseComparison } from './hot-item/summary.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { measureOtherLoad } from './lib/other-load.ts';
import { rotated } from './lib/rotated.ts';
import { createRunFolder } from './lib/run-folder.ts';
import { publishPart } from './report/document.ts';
import { tablesToMarkdown } from './report/markdown.ts';
import { printTables } from './report/print.ts';

const IN_FLIGHT = 100;
const MANY_ITEMS = 1_000;
const LOAD_MS = 2_000;

const command = new Command('npm run bench:hot-item --')
  .description('measures reservations of one item and of a thousand, in batches and one by one, side by side')
  .option('--quick', 'a short run, which does not change docs/performance.md', false)
  .option('--rounds <n>', 'rounds to measure; default 6, with --quick 2', wholeNumber(1))
  .parse();
const options = command.opts<{ quick: boolean; rounds?: number }>();
const rounds = options.rounds ?? (options.quick ? 2 : 6);
const signal = abortOnInterrupt();
const measuredAt = new Date().toISOString();

const folder = createRunFolder();
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
const logger = createLogger({ level: 'warn', component: 'bench' });
console.log('starting PostgreSQL');
const postgres = await startPostgres({
  dataDir: join(folder, 'postgres'),
  port: 0,
  logger,
});
const pool = createPool({ url: postgres.url });
try {
  await migrate(postgres.url);
  await addItems(pool, MANY_ITEMS);

  const unbatched = createOrderLedger(pool);
  const batched = batchedLedger(unbatched);
  const comparison = {
    hotBatched: subject('one item, in batches', batched, 1),
    manyBatched: subject('1,000 items, in batches', batched, MANY_ITEMS),
    hotUnbatched: subject('one item, one transaction for each order', unbatched, 1),
    manyUnbatched: subject('1,000 items, one transaction for each order', unbatched, MANY_ITEMS),
  };
  const subjects = Object.values(comparison);

  console.log('warming up');
  let reserved = 0;
  for (const each of subjects) reserved += (await measure(each)).responseTimes.length;
  const otherLoad = measureOtherLoad();
  for (let round = 1; round <= rounds; round += 1) {
    for (const each of rotated(subjects, round)) {
      const result = await measure(each);
      each.loads.push(result);
      reserved += result.responseTimes.length;
      const rate = result.perSecond.toFixed(0).padStart(6);
      console.log(`round ${round} of ${rounds}  ${each.title.padEnd(44)} ${rate} a second`);
    }
  }
  const otherCores = otherLoad() ?? null;
  await checkHeld(pool, reserved);
  console.log(`checked: ${reserved} orders are reserved, and as many pieces are held`);

  const summary = summariseComparison(comparison);
  const tables = hotItemTables(summary);
  printTables(process.stdout, tables);
  const about =
    `Measured ${measuredAt.slice(0, 10)}: ${rounds} rounds of ${LOAD_MS / 1000} s each, ${availableParallelism()} cores, of which processes ` +
    `outside the benchmark kept ${otherCores === null ? 'an unknown share' : otherCores.toFixed(2)} busy, fsync on.`;
  console.log(`\n${about}`);
  if (!options.quick) {
    const results = { measuredAt, rounds, inFlight: IN_FLIGHT, otherCores, ...summary };
    await publishPart({ part: 'hot-item' }, results, `${tablesToMarkdown(tables)}\n\n${about}`);
  }
} finally {
  await pool.end();
  await postgres.stop();
}

interface Subject {
  readonly title: string;
  readonly ledger: OrderLedger;
  readonly items: number;
  readonly loads: Reservations[];
}

function subject(title: string, ledger: OrderLedger, items: number): Subject {
  return { title, ledger, items, loads: [] };
}

function measure({ ledger, items }: Subject): Promise<Reservations> {
  return reserveInLoop(ledger, { items, inFlight: IN_FLIGHT, durationMs: LOAD_MS, signal });
}
