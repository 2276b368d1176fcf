import { missingFor } from '../engines/index.ts';
import { checkEnd } from '../measure/final-checks.ts';
import { untilInterrupted } from '../lib/interrupt.ts';
import { describeMachine } from '../lib/machine.ts';
import type { Options } from '../options.ts';
import { watchOtherLoad } from '../lib/other-load.ts';
import { publish, writeRaw } from '../report/document.ts';
import { printSummary } from '../report/print.ts';
import { measure } from './rounds.ts';
import { startVariant, type RunningVariant } from '../system/running-variant.ts';
import { SCENARIOS } from './scenarios.ts';
import { summariseRun } from './summary.ts';
import { startSystem } from '../system/system.ts';
import { tellSince } from '../lib/progress.ts';
import { variants, VARIANTS } from '../variants/catalogue.ts';

/** This checkout and other ways to build it, side by side. */
export async function compare(options: Options): Promise<void> {
  const { quick, plan } = options;
  const signal = untilInterrupted();
  const startedAt = new Date();
  const tell = tellSince(startedAt);

  const wanted = [...new Set(options.variants.flatMap((name) => variants[name].engine ?? []))];
  const missing = new Map(wanted.map((engine) => [engine, missingFor(engine)]));
  const leftOut = [...missing.values()].filter((line) => line !== undefined);
  for (const line of leftOut) tell(`left out: ${line}`);
  const names = options.variants.filter((name) => {
    const { engine } = variants[name];
    return engine === undefined || missing.get(engine) === undefined;
  });

  const system = await startSystem(
    wanted.filter((engine) => missing.get(engine) === undefined),
    tell,
  );
  const running: RunningVariant[] = [];
  try {
    for (const name of names) {
      tell(`starting ${variants[name].title}`);
      running.push(await startVariant(name, system));
    }
    const otherLoad = watchOtherLoad();
    const scenarios = SCENARIOS.filter(({ name }) => options.scenarios.includes(name));
    const { measurements, sold } = await measure({ system, running, scenarios, plan, signal, tell });
    const machine = await describeMachine(system.pool, otherLoad());

    const failed = new Set(
      measurements.filter(({ result }) => 'failed' in result).map(({ variant }) => variant),
    );
    tell(`checked: ${await checkEnd(running, sold, failed)}`);

    const engines = [...system.engines.values()].map(({ version }) => version);
    const context = { measuredAt: startedAt.toISOString(), quick, plan, machine, engines, leftOut };
    const summary = summariseRun(context, measurements);
    printSummary(process.stdout, summary);
    console.log(`\nevery response time: ${writeRaw(summary, measurements)}`);
    const whole = names.length === VARIANTS.length && scenarios.length === SCENARIOS.length;
    if (!quick && whole) await publish(summary);
  } finally {
    await Promise.all(running.map((variant) => variant.stop()));
    await system.stop();
  }
}
