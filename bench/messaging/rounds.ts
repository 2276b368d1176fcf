import type { Log } from '../lib/progress.ts';
import { rotated } from '../lib/rotated.ts';
import { perSecond } from '../measure/cell.ts';
import { putLoad, type Load } from '../measure/load.ts';
import { WARM_UP_SHARE, type OrderCounts, type Plan } from '../measure/plan.ts';
import { DEFAULT_SHAPE, SEQUENTIAL_SHAPE, type Shape } from '../measure/shape.ts';
import type { System } from '../system/system.ts';
import type { RunningTransport } from './running-transports.ts';
import { transports, type TransportName } from './transports.ts';

/** The loads have the same names and shapes as the scenarios of the comparison, so that figures of both can be compared. */
const LOAD_NAMES = ['in-flight-50', 'in-flight-1'] as const;
export type LoadName = (typeof LOAD_NAMES)[number];

const LOADS: Readonly<Record<LoadName, { readonly title: string; readonly shape: Shape }>> = {
  'in-flight-50': { title: '50 in flight', shape: DEFAULT_SHAPE },
  'in-flight-1': { title: 'one at a time', shape: SEQUENTIAL_SHAPE },
};

/** The result of one transport in one round. */
export interface TransportMeasurement {
  readonly round: number;
  readonly transport: TransportName;
  readonly load: LoadName;
  readonly result: Load;
}

export interface TransportRoundsOptions {
  readonly system: System;
  readonly running: readonly RunningTransport[];
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Measures every transport in every round, one transport at a time, in an order that differs from round to round. All transports but one
 * lead to the same process, and the first measurement would include the warm-up of that process. So each transport is used once before
 * the rounds begin.
 */
export async function measureTransports(
  options: TransportRoundsOptions,
): Promise<{ measurements: TransportMeasurement[]; counts: OrderCounts }> {
  const { running, plan, log } = options;
  const measurements: TransportMeasurement[] = [];
  const counts: OrderCounts = new Map();
  log('warming up');
  for (const transport of running) await putOn(options, transport, 'in-flight-50', plan.loadMs, counts);
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const load of LOAD_NAMES) {
      for (const transport of rotated(running, round - 1)) {
        await putOn(options, transport, load, plan.loadMs * WARM_UP_SHARE, counts);
        const result = await putOn(options, transport, load, plan.loadMs, counts);
        measurements.push({ round, transport: transport.name, load, result });
        const rate = perSecond(result).toFixed(1).padStart(7);
        const { title } = transports[transport.name];
        log(
          `round ${round} of ${plan.rounds}  ${LOADS[load].title.padEnd(14)} ${title.padEnd(20)} ${rate} orders/s`,
        );
      }
    }
  }
  return { measurements, counts };
}

async function putOn(
  { system, signal }: TransportRoundsOptions,
  { variant, sender }: RunningTransport,
  load: LoadName,
  durationMs: number,
  counts: OrderCounts,
): Promise<Load> {
  const result = await putLoad(system, variant, LOADS[load].shape, { durationMs, sender, signal });
  counts.set(variant.name, (counts.get(variant.name) ?? 0) + result.orders);
  return result;
}
