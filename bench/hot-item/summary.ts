import { summarise } from '../../src/domain/statistics.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { figure, spread } from '../report/figures.ts';
import type { Table } from '../report/table.ts';
import type { Reservations } from './load.ts';

/** The measurements of one way to reserve, one load for each round. */
export interface Measured {
  readonly title: string;
  readonly loads: readonly Reservations[];
}

export interface Comparison {
  readonly hotBatched: Measured;
  readonly manyBatched: Measured;
  readonly hotUnbatched: Measured;
  readonly manyUnbatched: Measured;
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

export function summariseComparison(comparison: Comparison): HotItemSummary {
  const { hotBatched, manyBatched, hotUnbatched, manyUnbatched } = comparison;
  return {
    figures: [hotBatched, manyBatched, hotUnbatched, manyUnbatched].map(figuresOf),
    ratios: [
      {
        title: 'one item relative to 1,000 items, in batches',
        ratio: ratioWithinRounds(hotBatched, manyBatched),
      },
      {
        title: 'one item relative to 1,000 items, one transaction for each order',
        ratio: ratioWithinRounds(hotUnbatched, manyUnbatched),
      },
      {
        title: 'in batches relative to one transaction for each order, one item',
        ratio: ratioWithinRounds(hotBatched, hotUnbatched),
      },
      {
        title: 'in batches relative to one transaction for each order, 1,000 items',
        ratio: ratioWithinRounds(manyBatched, manyUnbatched),
      },
    ],
  };
}

function figuresOf({ title, loads }: Measured): Figures {
  const times = summarise(loads.flatMap(({ responseTimes }) => responseTimes));
  if (!times) throw new RangeError(`nothing was measured of "${title}"`);
  return {
    title,
    perSecond: spreadOf(loads.map(({ perSecond }) => perSecond)),
    p50: times.p50,
    p99: times.p99,
  };
}

/** Each ratio is taken within a round, so that a slowdown of the machine affects both of its sides. */
const ratioWithinRounds = (one: Measured, other: Measured): Spread =>
  spreadOf(
    one.loads.map(({ perSecond }, round) => perSecond / (other.loads[round]?.perSecond ?? Number.NaN)),
  );

/** The tables of a run, for the terminal and the document alike. */
export const hotItemTables = ({ figures, ratios }: HotItemSummary): Table[] => [
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
