/** `npm run bench:growth`: whether a shop grows slow with the years, and what more processes give; see docs/performance.md. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
import { fillWithHistory } from '../harness/load/order-history.ts';
import { growthSheets, type GrowthLoad } from './growth/summary.ts';
import { untilInterrupted } from './interrupt.ts';
import { putLoad } from './load.ts';
import { sheetsToMarkdown } from './report/document.ts';
import { updateDocument } from './report/files.ts';
import { printSheets } from './report/print.ts';
import { rotated } from './rounds.ts';
import { startVariant, type RunningVariant } from './running-variant.ts';
import { PLAINLY } from './scenarios.ts';
import { startSystem } from './system.ts';

const RESULTS = 'bench/results/growth.json';
const PROCESSES = [1, 2, 4];
const WARM_UP_MS = 1_500;

const command = new Command('npm run bench:growth --')
  .description('measures a new shop and an old one side by side, and the old one by more processes')
  .option('--past <n>', 'orders that have ended', wholeNumber(1), 1_000_000)
  .option('--open <n>', 'orders that are under way', wholeNumber(1), 100_000)
  .option('--rounds <n>', 'of each', wholeNumber(1), 5)
  .option('--seconds <n>', 'a load', wholeNumber(1), 5)
  .option('--publish', 'puts the result into docs/performance.md', false)
  .parse();
const { past, open, rounds, seconds, publish } = command.opts<{
  past: number;
  open: number;
  rounds: number;
  seconds: number;
  publish: boolean;
}>();
const signal = untilInterrupted();
const tell = (line: string): void => {
  console.log(line);
};

const system = await startSystem(['temporal-dev'], tell);
const loads: GrowthLoad[] = [];
const running: RunningVariant[] = [];
const start = async (as: string, processes = 1): Promise<RunningVariant> => {
  const variant = await startVariant('grouped-dev', system, { as, processes });
  running.push(variant);
  return variant;
};
const measure = async (round: number, name: string, variant: RunningVariant): Promise<void> => {
  await putLoad(system, variant, PLAINLY, { durationMs: WARM_UP_MS, signal });
  const load = await putLoad(system, variant, PLAINLY, { durationMs: seconds * 1_000, signal });
  loads.push({ round, name, load });
  tell(
    `round ${round} of ${rounds}  ${name}: ${((load.orders * 1_000) / load.durationMs).toFixed(1)} orders/s`,
  );
};
try {
  const shops = [
    ['a new shop', await start('growth-new')],
    ['an old shop', await start('growth-old')],
  ] as const;
  const [, [, old]] = shops;
  await fillWithHistory(old.pool, { past, open }, tell);
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

  const sheets = growthSheets(loads);
  printSheets(process.stdout, sheets);
  if (publish) {
    writeFileSync(RESULTS, `${JSON.stringify(sheets, null, 2)}\n`);
    const about = `Measured ${new Date().toISOString().slice(0, 10)}: ${rounds} rounds of ${seconds} s each, 50 in flight, on the development server; the old shop has ${past.toLocaleString('en')} orders that have ended and ${open.toLocaleString('en')} under way.`;
    await updateDocument('growth', `${sheetsToMarkdown(sheets)}\n\n${about}`);
  }
} finally {
  await Promise.all(running.map((variant) => variant.stop()));
  await system.stop();
}
