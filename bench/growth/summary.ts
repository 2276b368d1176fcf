import type { Load } from '../measure/load.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { figure, spread } from '../report/figures.ts';
import type { Sheet } from '../compare/tables.ts';
import { perSecond } from '../compare/rounds.ts';
import { responseTimesOf } from '../compare/summary.ts';

export interface GrowthLoad {
  readonly round: number;
  readonly name: string;
  readonly load: Load;
}

/** Each against the first of its kind, within a round. */
const COMPARED: readonly (readonly [of: string, to: string])[] = [
  ['an old shop', 'a new shop'],
  ['2 processes', '1 process'],
  ['4 processes', '1 process'],
];

export function growthSheets(loads: readonly GrowthLoad[]): Sheet[] {
  const names = [...new Set(loads.map(({ name }) => name))];
  return [
    {
      title: 'Orders a second and response time, 50 in flight: median of the rounds (least–most)',
      head: ['', 'orders a second', 'p50, ms', 'p99, ms'],
      rows: names.map((name) => {
        const own = loads.filter((each) => each.name === name).map(({ load }) => load);
        const { p50, p99 } = responseTimesOf(own);
        return [name, spread(spreadOf(own.map(perSecond))), figure(p50), figure(p99)];
      }),
    },
    {
      title: 'As a multiple, in the same round',
      head: ['', 'orders a second', 'p99'],
      rows: COMPARED.map(([of, to]) => [
        `${of}, of ${to}`,
        spread(ratio(loads, of, to, perSecond)),
        spread(ratio(loads, of, to, (load) => responseTimesOf([load]).p99)),
      ]),
    },
  ];
}

function ratio(loads: readonly GrowthLoad[], of: string, to: string, value: (load: Load) => number): Spread {
  const inRound = (round: number, name: string): Load => {
    const found = loads.find((each) => each.round === round && each.name === name);
    if (!found) throw new RangeError(`round ${round} has no ${name}`);
    return found.load;
  };
  const rounds = [...new Set(loads.map(({ round }) => round))];
  return spreadOf(rounds.map((round) => value(inRound(round, of)) / value(inRound(round, to))));
}
