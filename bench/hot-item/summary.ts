import { summarise } from '../../src/domain/statistics.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { figure, spread } from '../report/figures.ts';
import type { Sheet } from '../compare/tables.ts';
import type { Reservations } from './load.ts';

/** What was measured of one way to reserve, one load a round. */
export interface Measured {
  readonly title: string;
  readonly loads: readonly Reservations[];
}

export interface Comparison {
  readonly hotGathered: Measured;
  readonly manyGathered: Measured;
  readonly hotPlain: Measured;
  readonly manyPlain: Measured;
}

interface Figures {
  readonly title: string;
  readonly perSecond: Spread;
  /** Milliseconds, over the orders of all rounds. */
  readonly p50: number;
  readonly p99: number;
}

export interface HotItemSummary {
  readonly figures: readonly Figures[];
  readonly ratios: readonly { readonly title: string; readonly ratio: Spread }[];
}

export function summariseComparison(of: Comparison): HotItemSummary {
  const { hotGathered, manyGathered, hotPlain, manyPlain } = of;
  return {
    figures: [hotGathered, manyGathered, hotPlain, manyPlain].map(figuresOf),
    ratios: [
      { title: 'one item, of 1,000 items; gathered', ratio: ratio(hotGathered, manyGathered) },
      { title: 'one item, of 1,000 items; a transaction an order', ratio: ratio(hotPlain, manyPlain) },
      { title: 'gathered, of a transaction an order; one item', ratio: ratio(hotGathered, hotPlain) },
      { title: 'gathered, of a transaction an order; 1,000 items', ratio: ratio(manyGathered, manyPlain) },
    ],
  };
}

function figuresOf({ title, loads }: Measured): Figures {
  const times = summarise(loads.flatMap(({ responseTimes }) => responseTimes));
  if (!times) throw new RangeError('nothing was measured');
  return {
    title,
    perSecond: spreadOf(loads.map(({ perSecond }) => perSecond)),
    p50: times.p50,
    p99: times.p99,
  };
}

/** Within a round: what slows the machine down for a while slows both sides. */
const ratio = (one: Measured, other: Measured): Spread =>
  spreadOf(
    one.loads.map(({ perSecond }, round) => perSecond / (other.loads[round]?.perSecond ?? Number.NaN)),
  );

/** For the terminal and for the document alike. */
export const sheetsOf = ({ figures, ratios }: HotItemSummary): Sheet[] => [
  {
    title: 'Reservations a second, 100 in flight: median of the rounds (least–most)',
    head: ['', 'a second', 'p50, ms', 'p99, ms'],
    rows: figures.map(({ title, perSecond, p50, p99 }) => [
      title,
      spread(perSecond),
      figure(p50),
      figure(p99),
    ]),
  },
  {
    title: 'As a multiple, in the same round',
    head: ['', 'median (least–most)'],
    rows: ratios.map(({ title, ratio }) => [title, spread(ratio)]),
  },
];
