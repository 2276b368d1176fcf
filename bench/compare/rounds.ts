import { putLoad, type Load } from '../measure/load.ts';
import type { RunningVariant } from '../system/running-variant.ts';
import type { Scenario } from './scenarios.ts';
import type { System } from '../system/system.ts';
import { variants, type VariantName } from '../variants/catalogue.ts';

export interface Plan {
  readonly rounds: number;
  /** Of a whole load, milliseconds. */
  readonly loadMs: number;
}

/** What one variant did in one round and scenario; or how it failed to. */
export interface Measurement {
  readonly round: number;
  readonly variant: VariantName;
  readonly scenario: string;
  readonly result: Load | { readonly failed: string };
}

export interface Run {
  readonly system: System;
  readonly running: readonly RunningVariant[];
  readonly scenarios: readonly Scenario[];
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Before each load, of its time. */
const WARM_UP = 0.15;
/** A variant that answers less of what is offered is not offered more. */
const KEPT_UP = 0.9;

/** How many orders each variant has answered, measured or not. */
export type Sold = Map<VariantName, number>;

/**
 * Every round measures every variant, in another order each time, so that what the machine does meanwhile, and what
 * grows (the tables, the server's state), falls on all alike. Only one is under load at a time; the others are idle.
 */
export async function measure(run: Run): Promise<{ measurements: Measurement[]; sold: Sold }> {
  const { running, scenarios, plan, tell } = run;
  const measurements: Measurement[] = [];
  const sold: Sold = new Map();
  const outdone = new Set<VariantName>();
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const scenario of scenarios.filter(({ everyRound }) => everyRound || round === 1)) {
      const { rate } = scenario.shape;
      const asked = running.filter(({ name }) => scenario.variants.includes(name));
      for (const variant of rotated(asked, round - 1)) {
        if (rate !== undefined && outdone.has(variant.name)) continue;
        const result = await attempt(run, variant, scenario, sold);
        measurements.push({ round, variant: variant.name, scenario: scenario.name, result });
        if ('failed' in result) outdone.add(variant.name);
        else if (rate !== undefined && perSecond(result) < KEPT_UP * rate) outdone.add(variant.name);
        tell(line(round, scenario, variant, result));
      }
    }
  }
  return { measurements, sold };
}

/** Where a peer fails, that is its result; a failure of this checkout is the benchmark's. */
async function attempt(
  { system, plan, signal }: Run,
  variant: RunningVariant,
  { shape, share }: Scenario,
  sold: Sold,
): Promise<Measurement['result']> {
  const durationMs = plan.loadMs * share;
  const put = async (ms: number): Promise<Load> => {
    const load = await putLoad(system, variant, shape, { durationMs: ms, signal });
    sold.set(variant.name, (sold.get(variant.name) ?? 0) + load.orders);
    return load;
  };
  try {
    await put(durationMs * WARM_UP);
    return await put(durationMs);
  } catch (error) {
    if (signal.aborted || variants[variant.name].clientId === 'development') throw error;
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

export const perSecond = ({ orders, durationMs }: Load): number => (orders * 1_000) / durationMs;

function line(
  round: number,
  { title }: Scenario,
  variant: RunningVariant,
  result: Measurement['result'],
): string {
  const said = 'failed' in result ? result.failed : `${perSecond(result).toFixed(1).padStart(7)} orders/s`;
  return `round ${round}  ${title.padEnd(30)} ${variant.title.padEnd(22)} ${said}`;
}

/** The same order, begun `by` places later. */
export const rotated = <T>(items: readonly T[], by: number): T[] => {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};
