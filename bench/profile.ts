/** `npx tsx bench/profile.ts`: what this checkout spends its processor time on, with 50 orders in flight. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { putLoad } from './measure/load.ts';
import { DEFAULT_SHAPE } from './measure/shape.ts';
import { selfTimes } from './profile/cpu-profile.ts';
import { readProfiles } from './profile/read-profiles.ts';
import { profileTables } from './profile/tables.ts';
import { spentByThread, threadTimes } from './profile/thread-time.ts';
import { updateDocument } from './report/document.ts';
import { tablesToMarkdown } from './report/markdown.ts';
import { printTables } from './report/print.ts';
import { startSystem } from './system/system.ts';
import { startVariant } from './system/variant.ts';

const command = new Command('npx tsx bench/profile.ts')
  .option('--orders <n>', 'orders to profile', wholeNumber(50), 1000)
  .option('--publish', 'write the results into docs/performance.md', false)
  .parse();
const { orders, publish } = command.opts<{ orders: number; publish: boolean }>();
const signal = abortOnInterrupt();

const system = await startSystem(['temporal-dev']);
try {
  const folder = join(system.folder, 'profiles');
  mkdirSync(folder);
  const variant = await startVariant('grouped-dev', system, {
    nodeArgs: ['--cpu-prof', '--cpu-prof-dir', folder],
  });
  const [pid = 0] = variant.pids.variant;
  let profiled;
  try {
    const forever = { durationMs: Infinity, signal };
    await putLoad(system, variant, DEFAULT_SHAPE, { orders: Math.ceil(orders / 3), ...forever });
    const threadsBefore = threadTimes(pid);
    const from = monotonicMicros();
    const load = await putLoad(system, variant, DEFAULT_SHAPE, { orders, ...forever });
    const span = { from, to: monotonicMicros() };
    profiled = { load, span, threads: spentByThread(threadsBefore, threadTimes(pid)) };
  } finally {
    await variant.stop(); // Node writes the profiles when the process ends.
  }
  const { main, workflow } = readProfiles(folder);
  const { load, span, threads } = profiled;
  const tables = profileTables({
    orders,
    processor: load.processor,
    threads,
    main: selfTimes(main, span),
    workflow: selfTimes(workflow, span),
  });
  const about = `Of ${orders} orders, ${new Date().toISOString().slice(0, 10)}, on Node.js ${process.version}.`;
  printTables(process.stdout, tables);
  if (publish) await updateDocument('profile', `${about}\n\n${tablesToMarkdown(tables)}`);
} finally {
  await system.stop();
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
