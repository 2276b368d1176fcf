import { spreadOf, type Spread } from '../lib/median.ts';
import { perSecond, responseTimesOf, type ResponseTimes } from '../measure/cell.ts';
import type { Load } from '../measure/load.ts';
import type { VariantName } from '../variants/catalogue.ts';
import type { Measurement } from './rounds.ts';

/** A ratio between two variants or two scenarios that this checkout promises, and the measured ratio. */
export interface PerformancePromise {
  readonly text: string;
  /** `least`: the ratio is at least the limit. `most`: it is at most the limit. */
  readonly bound: 'least' | 'most';
  readonly limit: number;
  /** Over the rounds; null where one of the two was not measured. */
  readonly measured: Spread | null;
}

export function promisesOf(measurements: readonly Measurement[]): PerformancePromise[] {
  const ratio = (numerator: Measured, denominator: Measured, figure: (load: Load) => number): Spread | null =>
    ratioWithinRounds(measurements, [numerator, denominator], figure);
  const rateOver = (other: VariantName): Spread | null =>
    ratio(['grouped', 'in-flight-50'], [other, 'in-flight-50'], perSecond);
  const tailOver = (percentile: keyof ResponseTimes): Spread | null =>
    ratio(['grouped', 'tail'], ['grouped', 'in-flight-50'], timeAt(percentile));
  return [
    least('orders a second, relative to DBOS', 1.5, rateOver('dbos')),
    least('orders a second, relative to Restate', 1.5, rateOver('restate')),
    least('orders a second, relative to the RabbitMQ queues', 1, rateOver('rabbitmq')),
    least('orders a second, relative to no engine', 0.5, rateOver('none')),
    most(
      'p99, relative to DBOS',
      1,
      ratio(['grouped', 'in-flight-50'], ['dbos', 'in-flight-50'], timeAt('p99')),
    ),
    least(
      'ungrouped: orders a second, relative to plain Temporal',
      2.2,
      ratio(['ungrouped', 'in-flight-50'], ['plain', 'in-flight-50'], perSecond),
    ),
    most(
      'one at a time: p50, relative to ungrouped',
      1.05,
      ratio(['grouped', 'in-flight-1'], ['ungrouped', 'in-flight-1'], timeAt('p50')),
    ),
    most('1 % take 3 s: p50 of the others, relative to the same load without them', 1.2, tailOver('p50')),
    most('1 % take 3 s: p95 of the others, relative to the same load without them', 1.2, tailOver('p95')),
    least(
      'one hot item: orders a second, relative to a thousand items',
      0.7,
      ratio(['grouped', 'hot-item'], ['grouped', 'thousand-items'], perSecond),
    ),
  ];
}

/** Undefined where the ratio was not measured. */
export function isKept({ bound, limit, measured }: PerformancePromise): boolean | undefined {
  if (!measured) return undefined;
  return bound === 'least' ? measured.median >= limit : measured.median <= limit;
}

type Measured = readonly [variant: VariantName, scenario: string];

/** Each ratio is taken within a round, so that a slowdown of the machine affects both of its sides. */
function ratioWithinRounds(
  measurements: readonly Measurement[],
  [numerator, denominator]: readonly [Measured, Measured],
  figure: (load: Load) => number,
): Spread | null {
  const loadOf = (round: number, [variant, scenario]: Measured): Load | undefined => {
    const found = measurements.find(
      (each) => each.round === round && each.variant === variant && each.scenario === scenario,
    );
    return found && !('failed' in found.result) ? found.result : undefined;
  };
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const ratios = rounds.flatMap((round) => {
    const [above, below] = [loadOf(round, numerator), loadOf(round, denominator)];
    return above && below ? [figure(above) / figure(below)] : [];
  });
  return ratios.length > 0 ? spreadOf(ratios) : null;
}

const timeAt =
  (percentile: keyof ResponseTimes) =>
  (load: Load): number =>
    responseTimesOf([load])[percentile];

const least = (text: string, limit: number, measured: Spread | null): PerformancePromise => ({
  text,
  bound: 'least',
  limit,
  measured,
});

const most = (text: string, limit: number, measured: Spread | null): PerformancePromise => ({
  text,
  bound: 'most',
  limit,
  measured,
});
