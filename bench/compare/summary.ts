import { summarise } from '../../src/domain/statistics.ts';
import type { Load } from '../measure/load.ts';
import type { Machine } from '../lib/machine.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { eachProcess, PROCESSES, type ProcessorTimes } from '../lib/processor-time.ts';
import { perSecond, type Measurement, type Plan } from './rounds.ts';
import { VARIANTS, type VariantName } from '../variants/catalogue.ts';

/** Milliseconds, over the orders of all rounds. */
export interface ResponseTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What one variant did in one scenario. */
export interface Cell {
  /** Answered, a second. */
  readonly ordersPerSecond: Spread;
  /** The same with the time until the last mail had left. */
  readonly settledPerSecond: Spread;
  readonly responseTimes: ResponseTimes;
  /** Milliseconds of processor an order, over all rounds; null where the system does not tell. */
  readonly processorMs: ProcessorTimes | null;
  /** Bytes of memory at the most. */
  readonly memory: { readonly variant: number; readonly engine: number } | null;
  /** Bytes that what is stored has grown by, an order. */
  readonly storedBytes: number;
}

/** Everything that is told of a run. */
export interface Summary {
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly plan: Plan;
  readonly machine: Machine;
  /** What each engine says of itself. */
  readonly engines: readonly string[];
  /** What could not run here, and what to install. */
  readonly leftOut: readonly string[];
  /** By scenario and variant; a failure in words. */
  readonly cells: Readonly<Record<string, Partial<Record<VariantName, Cell | string>>>>;
  readonly promises: readonly Promised[];
}

/** What this checkout promises of itself beside others, and what came of it. */
export interface Promised {
  readonly text: string;
  /** `least`: as much or more is as promised. */
  readonly bound: 'least' | 'most';
  readonly limit: number;
  /** Over the rounds; null where it was not measured. */
  readonly measured: Spread | null;
}

/** Of a run, whatever it measured. */
export type RunContext = Pick<Summary, 'measuredAt' | 'quick' | 'plan' | 'machine' | 'engines' | 'leftOut'>;

export function summariseRun(context: RunContext, measurements: readonly Measurement[]): Summary {
  const scenarios = [...new Set(measurements.map(({ scenario }) => scenario))];
  return {
    ...context,
    cells: Object.fromEntries(scenarios.map((scenario) => [scenario, cellsOf(measurements, scenario)])),
    promises: promisesOf(measurements),
  };
}

function cellsOf(
  measurements: readonly Measurement[],
  scenario: string,
): Partial<Record<VariantName, Cell | string>> {
  const cells: Partial<Record<VariantName, Cell | string>> = {};
  for (const name of VARIANTS) {
    const results = measurements
      .filter((each) => each.scenario === scenario && each.variant === name)
      .map(({ result }) => result);
    if (results.length === 0) continue;
    const loads = results.filter((result): result is Load => !('failed' in result));
    const failure = results.find((result) => 'failed' in result);
    cells[name] = loads.length > 0 ? cellOf(loads) : (failure?.failed ?? 'failed');
  }
  return cells;
}

/** @throws {RangeError} of no loads */
export function cellOf(loads: readonly Load[]): Cell {
  const orders = loads.reduce((sum, load) => sum + load.orders, 0);
  return {
    ordersPerSecond: spreadOf(loads.map(perSecond)),
    settledPerSecond: spreadOf(loads.map((load) => (load.orders * 1_000) / load.settledMs)),
    responseTimes: responseTimesOf(loads),
    processorMs: processorPerOrder(loads, orders),
    memory: memoryOf(loads),
    storedBytes: loads.reduce((sum, { stored }) => sum + stored, 0) / orders,
  };
}

export function responseTimesOf(loads: readonly Load[]): ResponseTimes {
  const summary = summarise(loads.flatMap((load) => load.responseTimes));
  if (!summary) throw new RangeError('nothing was measured');
  const { p50, p95, p99 } = summary;
  return { p50, p95, p99 };
}

function processorPerOrder(loads: readonly Load[], orders: number): ProcessorTimes | null {
  const times = loads.flatMap(({ processor }) => (processor ? [processor] : []));
  if (times.length < loads.length) return null;
  return eachProcess((name) => times.reduce((sum, each) => sum + each[name], 0) / orders);
}

function memoryOf(loads: readonly Load[]): Cell['memory'] {
  const known = loads.flatMap(({ memory }) => (memory ? [memory] : []));
  if (known.length === 0) return null;
  return {
    variant: Math.max(...known.map(({ variant }) => variant)),
    engine: Math.max(...known.map(({ engine }) => engine)),
  };
}

export const totalOf = (times: ProcessorTimes): number =>
  PROCESSES.reduce((sum, name) => sum + times[name], 0);

const p99 = (load: Load): number => responseTimesOf([load]).p99;
const p95 = (load: Load): number => responseTimesOf([load]).p95;
const p50 = (load: Load): number => responseTimesOf([load]).p50;

function promisesOf(measurements: readonly Measurement[]): Promised[] {
  const loadOf = (round: number, variant: VariantName, scenario: string): Load | undefined => {
    const found = measurements.find(
      (each) => each.round === round && each.variant === variant && each.scenario === scenario,
    );
    return found && !('failed' in found.result) ? found.result : undefined;
  };
  /** Taken in each round: what slows the machine down for a while slows both sides of one ratio. */
  const ratio = (
    of: readonly [VariantName, string],
    to: readonly [VariantName, string],
    figure: (load: Load) => number,
  ): Spread | null => {
    const rounds = [...new Set(measurements.map(({ round }) => round))];
    const ratios = rounds.flatMap((round) => {
      const [ours, theirs] = [loadOf(round, ...of), loadOf(round, ...to)];
      return ours && theirs ? [figure(ours) / figure(theirs)] : [];
    });
    return ratios.length > 0 ? spreadOf(ratios) : null;
  };
  const least = (text: string, limit: number, measured: Spread | null): Promised => ({
    text,
    bound: 'least',
    limit,
    measured,
  });
  const most = (text: string, limit: number, measured: Spread | null): Promised => ({
    text,
    bound: 'most',
    limit,
    measured,
  });
  const rateTo = (other: VariantName): Spread | null =>
    ratio(['grouped', 'crowd'], [other, 'crowd'], perSecond);
  return [
    least('orders a second by those of DBOS', 1.5, rateTo('dbos')),
    least('orders a second by those of Restate', 1.5, rateTo('restate')),
    least('orders a second by those of the RabbitMQ queues', 1, rateTo('rabbitmq')),
    least('orders a second by those of no engine at all', 0.5, rateTo('none')),
    most('p99 by that of DBOS', 1, ratio(['grouped', 'crowd'], ['dbos', 'crowd'], p99)),
    least(
      'ungrouped: orders a second by those of plain Temporal',
      2.2,
      ratio(['ungrouped', 'crowd'], ['plain', 'crowd'], perSecond),
    ),
    most(
      'one at a time: p50 by that of ungrouped',
      1.05,
      ratio(['grouped', 'alone'], ['ungrouped', 'alone'], p50),
    ),
    most(
      'with a tail of 3 s: p50 of the others by that without',
      1.2,
      ratio(['grouped', 'tail'], ['grouped', 'crowd'], p50),
    ),
    most(
      'with a tail of 3 s: p95 of the others by that without',
      1.2,
      ratio(['grouped', 'tail'], ['grouped', 'crowd'], p95),
    ),
    least(
      'one hot item: orders a second by those of a thousand items',
      0.7,
      ratio(['grouped', 'hot'], ['grouped', 'thousand'], perSecond),
    ),
  ];
}

/** Undefined where it was not measured. */
export function isKept({ bound, limit, measured }: Promised): boolean | undefined {
  if (!measured) return undefined;
  return bound === 'least' ? measured.median >= limit : measured.median <= limit;
}
