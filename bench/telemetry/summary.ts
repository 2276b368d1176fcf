import { spreadOf, type Spread } from '../lib/median.ts';
import { perSecond, responseTimesOf } from '../measure/cell.ts';
import type { Load } from '../measure/load.ts';
import { figure, spread } from '../report/figures.ts';
import type { Table } from '../report/table.ts';

export interface TelemetryLoad {
  readonly round: number;
  readonly name: string;
  readonly load: Load;
}

/** What everything else is compared with. */
const BASE = 'off';

export function telemetryTables(loads: readonly TelemetryLoad[]): Table[] {
  const names = [...new Set(loads.map(({ name }) => name))];
  const loadsOf = (name: string): Load[] =>
    loads.filter((each) => each.name === name).map(({ load }) => load);
  return [
    {
      title: 'Metrics and traces, 50 in flight: median of the rounds (least–most)',
      head: ['', 'orders a second', 'processor time of the process, ms an order', 'p50, ms', 'p99, ms'],
      rows: names.map((name) => {
        const own = loadsOf(name);
        const { p50, p99 } = responseTimesOf(own);
        const orders = spread(spreadOf(own.map(perSecond)));
        return [name, orders, spread(spreadOf(own.map(processorMs))), figure(p50), figure(p99)];
      }),
    },
    {
      title: `Relative to ${BASE}, in the same round`,
      head: ['', 'orders a second', 'processor time of the process'],
      rows: names
        .filter((name) => name !== BASE)
        .map((name) => [
          name,
          spread(ratioWithinRounds(loads, name, perSecond)),
          spread(ratioWithinRounds(loads, name, processorMs)),
        ]),
    },
  ];
}

/** Milliseconds for each order; 0 on systems other than Linux. */
const processorMs = ({ processor, orders }: Load): number => (processor?.variant ?? 0) / orders;

/** Of each round, in which they were measured one right after the other. */
export function ratioWithinRounds(
  loads: readonly TelemetryLoad[],
  name: string,
  figureOf: (load: Load) => number,
): Spread {
  const ratios = [...new Set(loads.map(({ round }) => round))].map((round) => {
    const [own, base] = [name, BASE].map((each) =>
      loads.find((load) => load.round === round && load.name === each),
    );
    if (!own || !base) throw new RangeError(`"${name}" or "${BASE}" was not measured in round ${round}`);
    return figureOf(own.load) / figureOf(base.load);
  });
  return spreadOf(ratios);
}
