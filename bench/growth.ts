/** `npm run bench:growth`: whether a shop becomes slow with its age, and what further processes add; see docs/performance.md. */
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
import { fillWithHistory } from '../harness/load/order-history.ts';
import { growthTables, type GrowthLoad } from './growth/summary.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { createLog } from './lib/progress.ts';
import { rotated } from './lib/rotated.ts';
import { perSecond } from './measure/cell.ts';
import { putLoad } from './measure/load.ts';
import { DEFAULT_SHAPE } from './measure/shape.ts';
import { publishPart } from './report/document.ts';
import { tablesToMarkdown } from './report/markdown.ts';
import { printTables } from './report/print.ts';
import { startSystem } from './system/system.ts';
import { startVariant, type RunningVariant } from './system/variant.ts';

const PROCESSES = [1, 2, 4];
const WARM_UP_MS = 1_500;

const command = new Command('npm run bench:growth --')
  .description('measures a new shop and an old one side by side, and then one shop with more processes')
  .option('--past <n>', 'orders of the old shop that have ended', wholeNumber(1), 1_000_000)
  .option('--open <n>', 'orders of the old shop that are in progress', wholeNumber(1), 100_000)
  .option('--rounds <n>', 'rounds to measure', wholeNumber(1), 5)
  .option('--seconds <n>', 'duration of a load', wholeNumber(1), 5)
  .option('--publish', 'write the results into docs/performance.md', false)
  .parse();
const { past, open, rounds, seconds, publish } = command.opts<{
  past: number;
  open: number;
  rounds: number;
  seconds: number;
  publish: boolean;
}>();
const signal = abortOnInterrupt();
const log = createLog(new Date());

const system = await startSystem(['temporal-dev'], log);
const loads: GrowthLoad[] = [];
const running: RunningVariant[] = [];
const start = async (instance: string, processes = 1): Promise<RunningVariant> => {
  const variant = await startVariant('grouped-dev', system, { instance, processes });
  running.push(variant);
  return variant;
};
const measure = async (round: number, name: string, variant: RunningVariant): Promise<void> => {
  await putLoad(system, variant, DEFAULT_SHAPE, { durationMs: WARM_UP_MS, signal });
  const load = await putLoad(system, variant, DEFAULT_SHAPE, { durationMs: seconds * 1_000, signal });
  loads.push({ round, name, load });
  log(`round ${round} of ${rounds}  ${name}: ${perSecond(load).toFixed(1)} orders/s`);
};
try {
  const shops = [
    ['a new shop', await start('growth-new')],
    ['an old shop', await start('growth-old')],
  ] as const;
  const [, [, old]] = shops;
  await fillWithHistory(old.pool, { past, open }, log);
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, variant] of rotated(shops, round - 1)) await measure(round, name, variant);
  await Promise.all(running.splice(0).map((variant) => variant.stop()));

  const sizes: [string, RunningVariant][] = [];
  for (const processes of PROCESSES)
    sizes.push([
      `${processes} process${processes === 1 ? '' : 'es'}`,
      await start(`by-${processes}`, processes),
    ]);
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, variant] of rotated(sizes, round - 1)) await measure(round, name, variant);

  const tables = growthTables(loads);
  printTables(process.stdout, tables);
  if (publish) {
    const about = `Measured ${new Date().toISOString().slice(0, 10)}: ${rounds} rounds of ${seconds} s each, 50 in flight, on the development server. The old shop has ${past.toLocaleString('en')} orders that have ended and ${open.toLocaleString('en')} in progress.`;
    await publishPart({ part: 'growth' }, tables, `${tablesToMarkdown(tables)}\n\n${about}`);
  }
} finally {
  await Promise.all(running.map((variant) => variant.stop()));
  await system.stop();
}
