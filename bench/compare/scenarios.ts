import { SPREAD } from '../../harness/load/order-mix.ts';
import { VARIANTS, variants, type VariantName } from '../variants/catalogue.ts';

/** What is put on a variant. */
export interface Shape {
  /** Closed loop: so many at a time, each sent as soon as another is answered. With a `rate`: at most. */
  readonly inFlight: number;
  /** Open loop: so many a second, whether or not earlier ones are answered. */
  readonly rate?: number;
  readonly skus: readonly string[];
  /** What the payment provider takes for each answer, milliseconds. */
  readonly thinkMs: number;
  /** One order in a hundred is paid by a method that takes three seconds. */
  readonly tail: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly shape: Shape;
  readonly variants: readonly VariantName[];
  /** Or only in the first. */
  readonly everyRound: boolean;
  /** Of the seconds of a load. */
  readonly share: number;
}

export const CROWD = 50;
const SOCKETS = 1_000;
export const RATES = [25, 50, 100, 150, 200, 300, 400];

/** As many items as a mid-sized shop has. */
export const THOUSAND: readonly string[] = Array.from(
  { length: 1_000 },
  (_, index) => `bench-${String(index + 1).padStart(4, '0')}`,
);

/** As most loads are: fifty at a time, a hundred items, a provider that answers at once. */
export const PLAINLY: Shape = { inFlight: CROWD, skus: SPREAD, thinkMs: 0, tail: false };
const SELLING = VARIANTS.filter((name) => variants[name].sells);
const ENGINES: readonly VariantName[] = [
  'grouped',
  'ungrouped',
  'dbos',
  'restate',
  'rabbitmq',
  'bullmq',
  'none',
];
const COMPARED = { variants: ENGINES, everyRound: true, share: 1 };
const ONCE = { variants: SELLING, everyRound: false, share: 1 };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'crowd',
    title: '50 in flight',
    shape: PLAINLY,
    variants: VARIANTS,
    everyRound: true,
    share: 1,
  },
  {
    name: 'alone',
    title: 'one at a time',
    shape: { ...PLAINLY, inFlight: 1 },
    variants: VARIANTS,
    everyRound: true,
    share: 0.5,
  },
  { name: 'ten', title: '10 in flight', shape: { ...PLAINLY, inFlight: 10 }, ...ONCE },
  { name: 'two-hundred', title: '200 in flight', shape: { ...PLAINLY, inFlight: 200 }, ...ONCE },
  { name: 'think-50', title: 'a provider that takes 50 ms', shape: { ...PLAINLY, thinkMs: 50 }, ...ONCE },
  { name: 'think-300', title: 'a provider that takes 300 ms', shape: { ...PLAINLY, thinkMs: 300 }, ...ONCE },
  { name: 'tail', title: '1 % take 3 s', shape: { ...PLAINLY, tail: true }, ...COMPARED },
  { name: 'thousand', title: 'a thousand items', shape: { ...PLAINLY, skus: THOUSAND }, ...COMPARED },
  { name: 'hot', title: 'one hot item', shape: { ...PLAINLY, skus: THOUSAND.slice(0, 1) }, ...COMPARED },
  ...RATES.map((rate) => ({
    name: `open-${rate}`,
    title: `${rate} a second`,
    shape: { ...PLAINLY, inFlight: SOCKETS, rate },
    variants: ENGINES,
    everyRound: false,
    share: 1,
  })),
];
