import { summarise } from '../src/domain/statistics.ts';
import type { Load } from './load.ts';
import type { Machine } from './machine.ts';
import { spreadOf, type Spread } from './median.ts';
import { PROCESSES, type ProcessName, type ProcessorTimes } from './processor-time.ts';
import type { Measurement, Plan } from './rounds.ts';
import { VARIANTS, type VariantName } from './variants.ts';

/** Milliseconds, over the orders of all rounds. */
export interface ResponseTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface VariantSummary {
  /** Answered, a second, at 50 in flight. */
  readonly ordersPerSecond: Spread;
  /** The same with the time until the last mail had left. */
  readonly settledPerSecond: Spread;
  readonly crowded: ResponseTimes;
  readonly alone: ResponseTimes;
  /** Milliseconds of processor an order at 50 in flight, over all rounds; null where the system does not tell. */
  readonly processorMs: ProcessorTimes | null;
}

/** Everything that is told of a run. */
export interface Summary {
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly variants: Readonly<Record<VariantName, VariantSummary>>;
  /** This checkout's orders a second by those of the other, in the same round. */
  readonly ratios: Readonly<Record<Exclude<VariantName, 'checkout'>, Spread>>;
}

type Context = Omit<Summary, 'variants' | 'ratios'>;

export function summariseRun(context: Context, measurements: readonly Measurement[]): Summary {
  const of = (variant: VariantName): VariantSummary =>
    summariseVariant(measurements.filter((each) => each.variant === variant));
  return {
    ...context,
    variants: { checkout: of('checkout'), plain: of('plain'), floor: of('floor') },
    ratios: { plain: ratio(measurements, 'plain'), floor: ratio(measurements, 'floor') },
  };
}

/**
 * The ratio is taken in each round and the median of those given: what slows the machine down for a while slows both
 * sides of one ratio.
 */
export function ratio(measurements: readonly Measurement[], other: VariantName): Spread {
  const rate = (round: number, variant: VariantName): number => {
    const found = measurements.find((each) => each.round === round && each.variant === variant);
    if (!found) throw new RangeError(`round ${round} has no ${variant}`);
    return perSecond(found.crowded.orders, found.crowded.durationMs);
  };
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  return spreadOf(rounds.map((round) => rate(round, 'checkout') / rate(round, other)));
}

function summariseVariant(measurements: readonly Measurement[]): VariantSummary {
  const crowded = measurements.map((each) => each.crowded);
  const alone = measurements.map((each) => each.alone);
  return {
    ordersPerSecond: spreadOf(crowded.map(({ orders, durationMs }) => perSecond(orders, durationMs))),
    settledPerSecond: spreadOf(crowded.map(({ orders, settledMs }) => perSecond(orders, settledMs))),
    crowded: responseTimes(crowded),
    alone: responseTimes(alone),
    processorMs: processorPerOrder(crowded),
  };
}

const perSecond = (orders: number, ms: number): number => (orders * 1000) / ms;

function responseTimes(loads: readonly Load[]): ResponseTimes {
  const summary = summarise(loads.flatMap((load) => load.responseTimes));
  if (!summary) throw new RangeError('nothing was measured');
  const { p50, p95, p99 } = summary;
  return { p50, p95, p99 };
}

function processorPerOrder(loads: readonly Load[]): ProcessorTimes | null {
  const times = loads.flatMap(({ processor }) => (processor ? [processor] : []));
  if (times.length < loads.length) return null;
  const orders = loads.reduce((sum, load) => sum + load.orders, 0);
  const of = (name: ProcessName): number => times.reduce((sum, each) => sum + each[name], 0) / orders;
  return {
    variant: of('variant'),
    temporal: of('temporal'),
    postgres: of('postgres'),
    sandbox: of('sandbox'),
  };
}

export const totalOf = (times: ProcessorTimes): number =>
  PROCESSES.reduce((sum, name) => sum + times[name], 0);

/** In the order of tables and pictures. */
export const eachVariant = ({ variants }: Summary): [VariantName, VariantSummary][] =>
  VARIANTS.map((name) => [name, variants[name]]);
