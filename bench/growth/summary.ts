import { spreadOf, type Spread } from '../lib/median.ts';
import { perSecond, responseTimesOf } from '../measure/cell.ts';
import type { Load } from '../measure/load.ts';
import { figure, spread } from '../report/figures.ts';
import type { Table } from '../report/table.ts';

export interface GrowthLoad {
  readonly round: number;
  readonly name: string;
  readonly load: Load;
}

const COMPARED: readonly (readonly [name: string, relativeTo: string])[] = [
  ['an old shop', 'a new shop'],
  ['2 processes', '1 process'],
  ['4 processes', '1 process'],
];

export function growthTables(loads: readonly GrowthLoad[]): Table[] {
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
      rows: COMPARED.map(([name, relativeTo]) => [
        `${name}, relative to ${relativeTo}`,
        spread(ratioWithinRounds(loads, [name, relativeTo], perSecond)),
        spread(ratioWithinRounds(loads, [name, relativeTo], (load) => responseTimesOf([load]).p99)),
      ]),
    },
  ];
}

function ratioWithinRounds(
  loads: readonly GrowthLoad[],
  [numerator, denominator]: readonly [string, string],
  figure: (load: Load) => number,
): Spread {
  const loadOf = (round: number, name: string): Load => {
    const found = loads.find((each) => each.round === round && each.name === name);
    if (!found) throw new RangeError(`"${name}" was not measured in round ${round}`);
    return found.load;
  };
  const rounds = [...new Set(loads.map(({ round }) => round))];
  return spreadOf(
    rounds.map((round) => figure(loadOf(round, numerator)) / figure(loadOf(round, denominator))),
  );
}
