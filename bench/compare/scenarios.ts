import { DEFAULT_SHAPE, SEQUENTIAL_SHAPE, type Shape } from '../measure/shape.ts';
import { THOUSAND_SKUS } from '../system/stock.ts';
import { VARIANTS, variants, type VariantName } from '../variants/catalogue.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly shape: Shape;
  readonly variants: readonly VariantName[];
  /** Otherwise it is measured in the first round only. */
  readonly everyRound: boolean;
  /** Its duration as a share of the duration of a load. */
  readonly share: number;
}

/** Orders per second of the open loops. */
export const RATES = [25, 50, 100, 150, 200, 300, 400];
const MAX_IN_FLIGHT_OF_OPEN_LOOP = 1_000;

const SELLING = VARIANTS.filter((name) => variants[name].sells);
const ONE_OF_EACH: readonly VariantName[] = [
  'grouped',
  'ungrouped',
  'dbos',
  'restate',
  'rabbitmq',
  'bullmq',
  'none',
];
const IN_EVERY_ROUND = { variants: ONE_OF_EACH, everyRound: true, share: 1 };
const IN_FIRST_ROUND = { variants: SELLING, everyRound: false, share: 1 };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'in-flight-50',
    title: '50 in flight',
    shape: DEFAULT_SHAPE,
    variants: VARIANTS,
    everyRound: true,
    share: 1,
  },
  {
    name: 'in-flight-1',
    title: 'one at a time',
    shape: SEQUENTIAL_SHAPE,
    variants: VARIANTS,
    everyRound: true,
    share: 0.5,
  },
  {
    name: 'in-flight-10',
    title: '10 in flight',
    shape: { ...DEFAULT_SHAPE, inFlight: 10 },
    ...IN_FIRST_ROUND,
  },
  {
    name: 'in-flight-200',
    title: '200 in flight',
    shape: { ...DEFAULT_SHAPE, inFlight: 200 },
    ...IN_FIRST_ROUND,
  },
  {
    name: 'provider-50ms',
    title: 'a provider that takes 50 ms',
    shape: { ...DEFAULT_SHAPE, providerMs: 50 },
    ...IN_FIRST_ROUND,
  },
  {
    name: 'provider-300ms',
    title: 'a provider that takes 300 ms',
    shape: { ...DEFAULT_SHAPE, providerMs: 300 },
    ...IN_FIRST_ROUND,
  },
  {
    name: 'tail',
    title: '1 % take 3 s',
    shape: { ...DEFAULT_SHAPE, hasSlowPayments: true },
    ...IN_EVERY_ROUND,
  },
  {
    name: 'thousand-items',
    title: 'a thousand items',
    shape: { ...DEFAULT_SHAPE, skus: THOUSAND_SKUS },
    ...IN_EVERY_ROUND,
  },
  {
    name: 'hot-item',
    title: 'one hot item',
    shape: { ...DEFAULT_SHAPE, skus: THOUSAND_SKUS.slice(0, 1) },
    ...IN_EVERY_ROUND,
  },
  ...RATES.map((rate) => ({
    name: `rate-${rate}`,
    title: `${rate} a second`,
    shape: { ...DEFAULT_SHAPE, inFlight: MAX_IN_FLIGHT_OF_OPEN_LOOP, rate },
    variants: ONE_OF_EACH,
    everyRound: false,
    share: 1,
  })),
];
