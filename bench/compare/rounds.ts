import type { Log } from '../lib/progress.ts';
import { rotated } from '../lib/rotated.ts';
import { perSecond } from '../measure/cell.ts';
import { putLoad, type Load } from '../measure/load.ts';
import { WARM_UP_SHARE, type OrderCounts, type Plan } from '../measure/plan.ts';
import type { System } from '../system/system.ts';
import type { RunningVariant } from '../system/variant.ts';
import { variants, type VariantName } from '../variants/catalogue.ts';
import type { Scenario } from './scenarios.ts';

/** The result of one variant in one round and scenario; or why it failed. */
export interface Measurement {
  readonly round: number;
  readonly variant: VariantName;
  readonly scenario: string;
  readonly result: Load | { readonly failed: string };
}

export interface RoundsOptions {
  readonly system: System;
  readonly running: readonly RunningVariant[];
  readonly scenarios: readonly Scenario[];
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** A variant that answers a smaller share of an offered rate is not offered higher rates. */
const MIN_SHARE_ANSWERED = 0.9;

/**
 * Measures every variant in every round, in another order each time, so that all variants are affected alike by other load on the
 * machine and by what grows (the tables, the state of the servers). Only one variant is under load at a time; the others are idle.
 */
export async function measureRounds(
  options: RoundsOptions,
): Promise<{ measurements: Measurement[]; counts: OrderCounts }> {
  const { running, scenarios, plan, log } = options;
  const measurements: Measurement[] = [];
  const counts: OrderCounts = new Map();
  const overloaded = new Set<VariantName>();
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const scenario of scenarios.filter(({ everyRound }) => everyRound || round === 1)) {
      const { rate } = scenario.shape;
      const compared = running.filter(({ name }) => scenario.variants.includes(name));
      for (const variant of rotated(compared, round - 1)) {
        if (rate !== undefined && overloaded.has(variant.name)) continue;
        const result = await measure(options, variant, scenario, counts);
        measurements.push({ round, variant: variant.name, scenario: scenario.name, result });
        if ('failed' in result) overloaded.add(variant.name);
        else if (rate !== undefined && perSecond(result) < MIN_SHARE_ANSWERED * rate)
          overloaded.add(variant.name);
        log(progressLine(round, scenario, variant, result));
      }
    }
  }
  return { measurements, counts };
}

/** A failure of another implementation is its result. A failure of this checkout fails the benchmark. */
async function measure(
  { system, plan, signal }: RoundsOptions,
  variant: RunningVariant,
  { shape, share }: Scenario,
  counts: OrderCounts,
): Promise<Measurement['result']> {
  const durationMs = plan.loadMs * share;
  const put = async (ms: number): Promise<Load> => {
    const load = await putLoad(system, variant, shape, { durationMs: ms, signal });
    counts.set(variant.name, (counts.get(variant.name) ?? 0) + load.orders);
    return load;
  };
  try {
    await put(durationMs * WARM_UP_SHARE);
    return await put(durationMs);
  } catch (error) {
    if (signal.aborted || variants[variant.name].clientId === 'development') throw error;
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

function progressLine(
  round: number,
  { title }: Scenario,
  variant: RunningVariant,
  result: Measurement['result'],
): string {
  const outcome = 'failed' in result ? result.failed : `${perSecond(result).toFixed(1).padStart(7)} orders/s`;
  return `round ${round}  ${title.padEnd(30)} ${variant.title.padEnd(22)} ${outcome}`;
}
