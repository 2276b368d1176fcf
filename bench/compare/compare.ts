import { installHint } from '../engines/index.ts';
import { installPackages } from '../lib/install-packages.ts';
import { abortOnInterrupt } from '../lib/interrupt.ts';
import { describeMachine } from '../lib/machine.ts';
import { measureOtherLoad } from '../lib/other-load.ts';
import { createLog } from '../lib/progress.ts';
import { checkFinalState } from '../measure/final-checks.ts';
import type { Plan } from '../measure/plan.ts';
import { printPairs, printTables } from '../report/print.ts';
import { startSystem } from '../system/system.ts';
import { startVariant, type RunningVariant } from '../system/variant.ts';
import { variants, VARIANTS, type VariantName } from '../variants/catalogue.ts';
import { publish, writeRaw } from './publish.ts';
import { measureRounds } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';
import { summariseRun } from './summary.ts';
import { machinePairs, tablesOf } from './tables.ts';

export interface CompareOptions {
  readonly quick: boolean;
  readonly variants: readonly VariantName[];
  /** By name. */
  readonly scenarios: readonly string[];
  readonly plan: Plan;
}

/** Measures this checkout and other ways to build it side by side. */
export async function compare(options: CompareOptions): Promise<void> {
  const { quick, plan } = options;
  const signal = abortOnInterrupt();
  const startedAt = new Date();
  const log = createLog(startedAt);

  if (options.variants.some((name) => variants[name].needsPackages)) await installPackages(log);
  const wanted = [...new Set(options.variants.flatMap((name) => variants[name].engine ?? []))];
  const hints = new Map(wanted.map((engine) => [engine, installHint(engine)]));
  const skipped = [...hints.values()].filter((line) => line !== undefined);
  for (const line of skipped) log(`skipped: ${line}`);
  const names = options.variants.filter((name) => {
    const { engine } = variants[name];
    return engine === undefined || hints.get(engine) === undefined;
  });

  const system = await startSystem(
    wanted.filter((engine) => hints.get(engine) === undefined),
    log,
  );
  const running: RunningVariant[] = [];
  try {
    for (const name of names) {
      log(`starting ${variants[name].title}`);
      running.push(await startVariant(name, system));
    }
    const otherLoad = measureOtherLoad();
    const scenarios = SCENARIOS.filter(({ name }) => options.scenarios.includes(name));
    const { measurements, counts } = await measureRounds({ system, running, scenarios, plan, signal, log });
    const machine = await describeMachine(system.pool, otherLoad());

    const failed = new Set(
      measurements.filter(({ result }) => 'failed' in result).map(({ variant }) => variant),
    );
    log(`checked: ${await checkFinalState(running, counts, failed)}`);

    const engines = [...system.engines.values()].map(({ version }) => version);
    const context = { measuredAt: startedAt.toISOString(), quick, plan, machine, engines, skipped };
    const summary = summariseRun(context, measurements);
    printPairs(process.stdout, machinePairs(summary));
    printTables(process.stdout, tablesOf(summary));
    console.log(`\nevery response time is in ${writeRaw(summary, measurements)}`);
    const complete = names.length === VARIANTS.length && scenarios.length === SCENARIOS.length;
    if (!quick && complete) await publish(summary);
  } finally {
    await Promise.all(running.map((variant) => variant.stop()));
    await system.stop();
  }
}
