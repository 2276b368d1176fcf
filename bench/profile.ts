/** `tsx bench/profile.ts`: where the processor time of this checkout goes at 50 orders in flight. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
import { untilInterrupted } from './interrupt.ts';
import { putLoad } from './load.ts';
import { selfTimes } from './profile/cpu-profile.ts';
import { digest } from './profile/digest.ts';
import { readProfiles } from './profile/read-profiles.ts';
import { spentByThread, threadTimes } from './profile/thread-time.ts';
import { sheetsToMarkdown } from './report/document.ts';
import { updateDocument } from './report/files.ts';
import { printSheets } from './report/print.ts';
import { startVariant } from './running-variant.ts';
import { PLAINLY } from './scenarios.ts';
import { startSystem } from './system.ts';

const command = new Command('tsx bench/profile.ts')
  .option('--orders <n>', 'how many are profiled', wholeNumber(50), 1000)
  .option('--publish', 'put the digest into docs/performance.md', false)
  .parse();
const { orders, publish } = command.opts<{ orders: number; publish: boolean }>();
const signal = untilInterrupted();

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
    await putLoad(system, variant, PLAINLY, { orders: Math.ceil(orders / 3), ...forever });
    const threadsBefore = threadTimes(pid);
    const from = monotonicMicros();
    const load = await putLoad(system, variant, PLAINLY, { orders, ...forever });
    const span = { from, to: monotonicMicros() };
    profiled = { load, span, threads: spentByThread(threadsBefore, threadTimes(pid)) };
  } finally {
    await variant.stop(); // it writes the profiles as it ends
  }
  const { main, workflow } = readProfiles(folder);
  const { load, span, threads } = profiled;
  const sheets = digest({
    orders,
    processor: load.processor,
    threads,
    main: selfTimes(main, span),
    workflow: selfTimes(workflow, span),
  });
  const about = `Of ${orders} orders, ${new Date().toISOString().slice(0, 10)}, on Node.js ${process.version}.`;
  printSheets(process.stdout, sheets);
  if (publish) await updateDocument('profile', `${about}\n\n${sheetsToMarkdown(sheets)}`);
} finally {
  await system.stop();
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
