import type { VariantName } from '../variants/catalogue.ts';
import { putLoad, type Load } from '../measure/load.ts';
import { perSecond, rotated, type Plan, type Sold } from '../compare/rounds.ts';
import { SCENARIOS, type Scenario } from '../compare/scenarios.ts';
import type { System } from '../system/system.ts';
import type { RunningWay } from './running-transports.ts';
import { ways, type WayName } from './transports.ts';

/** Many orders on their way, and one. */
export const LOADS = ['crowd', 'alone'] as const;
export type LoadName = (typeof LOADS)[number];

/** What came by one way in one round. */
export interface WayMeasurement {
  readonly round: number;
  readonly way: WayName;
  readonly load: LoadName;
  readonly result: Load;
}

export interface WayRun {
  readonly system: System;
  readonly running: readonly RunningWay[];
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Before each load, of its time. */
const WARM_UP = 0.15;

/**
 * Every round measures every way, in another order each time; only one is used at a time. All but one lead to the same process, so
 * that the first would pay for what it has to warm up: each is used before the rounds begin.
 */
export async function measureWays(run: WayRun): Promise<{ measurements: WayMeasurement[]; sold: Sold }> {
  const { running, plan, tell } = run;
  const measurements: WayMeasurement[] = [];
  const sold = new Map<VariantName, number>();
  tell('warming up');
  for (const way of running) await putOn(run, way, 'crowd', plan.loadMs, sold);
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const load of LOADS) {
      for (const way of rotated(running, round - 1)) {
        await putOn(run, way, load, plan.loadMs * WARM_UP, sold);
        const result = await putOn(run, way, load, plan.loadMs, sold);
        measurements.push({ round, way: way.name, load, result });
        const rate = perSecond(result).toFixed(1).padStart(7);
        const { title } = scenarioOf(load);
        tell(
          `round ${round} of ${plan.rounds}  ${title.padEnd(14)} ${ways[way.name].title.padEnd(20)} ${rate} orders/s`,
        );
      }
    }
  }
  return { measurements, sold };
}

async function putOn(
  { system, signal }: WayRun,
  { variant, sender }: RunningWay,
  load: LoadName,
  durationMs: number,
  sold: Map<VariantName, number>,
): Promise<Load> {
  const { shape } = scenarioOf(load);
  const result = await putLoad(system, variant, shape, { durationMs, sender, signal });
  sold.set(variant.name, (sold.get(variant.name) ?? 0) + result.orders);
  return result;
}

/** As the benchmark of everything has it, so that its figures are of the same load. */
function scenarioOf(load: LoadName): Scenario {
  const found = SCENARIOS.find(({ name }) => name === load);
  if (!found) throw new RangeError(`there is no scenario ${load}`);
  return found;
}
