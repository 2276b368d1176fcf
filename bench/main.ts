/** `npm run bench`: see docs/performance.md. */
import { checkEnd, type Sold } from './final-checks.ts';
import { describeMachine } from './machine.ts';
import { parseOptions } from './options.ts';
import { watchOtherLoad } from './other-load.ts';
import { printSummary } from './report/print.ts';
import { publish, writeRaw } from './report/files.ts';
import { measure, ordersEach } from './rounds.ts';
import { startVariant, type RunningVariant } from './running-variant.ts';
import { summariseRun } from './summary.ts';
import { startSystem } from './system.ts';
import { untilInterrupted } from './interrupt.ts';
import { VARIANTS } from './variants.ts';

const { quick, plan } = parseOptions(process.argv.slice(2));
const signal = untilInterrupted();
const startedAt = new Date();
const tell = (line: string): void => {
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
  console.log(`${String(seconds).padStart(4)} s  ${line}`);
};

tell('starting PostgreSQL, Temporal and the sandbox');
const system = await startSystem();
const running: RunningVariant[] = [];
try {
  for (const name of VARIANTS) running.push(await startVariant(name, system));
  const otherLoad = watchOtherLoad();
  const measurements = await measure(system, running, plan, signal, tell);
  const machine = await describeMachine(system.pool, system.temporalCli, otherLoad());

  const each = ordersEach(plan);
  const sold: Sold = { checkout: each, plain: each, floor: each };
  tell(`checked: ${await checkEnd(system.pool, sold)}`);

  const context = { measuredAt: startedAt.toISOString(), quick, plan, machine };
  const summary = summariseRun(context, measurements);
  printSummary(process.stdout, summary);
  console.log(`\nevery response time: ${writeRaw(summary, measurements)}`);
  if (!quick) await publish(summary);
} finally {
  await Promise.all(running.map((variant) => variant.stop()));
  await system.stop();
}
