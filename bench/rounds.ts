import { putLoad, type Load } from './load.ts';
import type { RunningVariant } from './running-variant.ts';
import type { System } from './system.ts';
import type { VariantName } from './variants.ts';

export interface Plan {
  readonly rounds: number;
  /** A round and variant, at 50 in flight. */
  readonly orders: number;
  /** A round and variant, one at a time. */
  readonly ordersAlone: number;
  /** Before the first round, and before each. */
  readonly firstWarmUp: number;
  readonly warmUp: number;
}

/** What one variant did in one round. */
export interface Measurement {
  readonly round: number;
  readonly variant: VariantName;
  readonly crowded: Load;
  readonly alone: Load;
}

export const CROWD = 50;

/**
 * Every round measures every variant, in another order each time, so that what the machine does meanwhile, and what
 * grows (the tables, the server's state), falls on all alike. Only one is under load at a time; the others are idle.
 */
export async function measure(
  system: System,
  running: readonly RunningVariant[],
  plan: Plan,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Measurement[]> {
  for (const variant of running) {
    tell(`warming up ${variant.title}`);
    await putLoad(system, variant, { orders: plan.firstWarmUp, inFlight: CROWD, signal });
  }
  const measurements: Measurement[] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const variant of rotated(running, round - 1)) {
      await putLoad(system, variant, { orders: plan.warmUp, inFlight: CROWD, signal });
      const crowded = await putLoad(system, variant, { orders: plan.orders, inFlight: CROWD, signal });
      const alone = await putLoad(system, variant, { orders: plan.ordersAlone, inFlight: 1, signal });
      measurements.push({ round, variant: variant.name, crowded, alone });
      const rate = (crowded.orders * 1000) / crowded.durationMs;
      tell(
        `round ${round} of ${plan.rounds}  ${variant.title.padEnd(16)} ${rate.toFixed(1).padStart(7)} orders/s`,
      );
    }
  }
  return measurements;
}

/** The same order, begun `by` places later. */
export const rotated = <T>(items: readonly T[], by: number): T[] => {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};

/** What each variant is sent in all by {@link measure}. */
export const ordersEach = ({ rounds, orders, ordersAlone, firstWarmUp, warmUp }: Plan): number =>
  firstWarmUp + rounds * (warmUp + orders + ordersAlone);
