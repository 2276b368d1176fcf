import { PROCESSES } from '../processor-time.ts';
import { eachVariant, totalOf, type Summary, type VariantSummary } from '../summary.ts';
import { variants } from '../variants.ts';
import { figure, PROCESS_TITLES, spread } from './figures.ts';

export interface Sheet {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a run, for the terminal and for the document alike. */
export const sheetsOf = (summary: Summary): Sheet[] => [
  sheet(summary, 'Orders a second, 50 in flight: median of the rounds (least–most)', [
    ['answered', ({ ordersPerSecond }) => spread(ordersPerSecond)],
    ['with their mails', ({ settledPerSecond }) => spread(settledPerSecond)],
  ]),
  sheet(summary, 'Response time, ms', [
    ['p50, 50 in flight', ({ crowded }) => figure(crowded.p50)],
    ['p95', ({ crowded }) => figure(crowded.p95)],
    ['p99', ({ crowded }) => figure(crowded.p99)],
    ['p50, one at a time', ({ alone }) => figure(alone.p50)],
    ['p95', ({ alone }) => figure(alone.p95)],
    ['p99', ({ alone }) => figure(alone.p99)],
  ]),
  sheet(summary, 'Processor time an order, ms, 50 in flight', [
    ...PROCESSES.map((name): Column => [
      PROCESS_TITLES[name],
      ({ processorMs }) => (processorMs ? figure(processorMs[name]) : NOT_AVAILABLE),
    ]),
    ['together', ({ processorMs }) => (processorMs ? figure(totalOf(processorMs)) : NOT_AVAILABLE)],
  ]),
  {
    title: 'This checkout’s orders a second, as a multiple of the other’s in the same round',
    head: ['of', 'median (least–most)'],
    rows: [
      [variants.plain.title, spread(summary.ratios.plain)],
      [variants.floor.title, spread(summary.ratios.floor)],
    ],
  },
];

const NOT_AVAILABLE = 'not available';

type Column = readonly [head: string, cell: (variant: VariantSummary) => string];

const sheet = (summary: Summary, title: string, columns: readonly Column[]): Sheet => ({
  title,
  head: ['', ...columns.map(([head]) => head)],
  rows: eachVariant(summary).map(([name, variant]) => [
    variants[name].title,
    ...columns.map(([, cell]) => cell(variant)),
  ]),
});

/** What was measured on, as names and values. */
export function machinePairs({ machine, plan, measuredAt, quick }: Summary): [string, string][] {
  const { cores, processor, memoryGiB, system, node, temporal, temporalSdk, postgres, fsync, otherCores } =
    machine;
  return [
    ['measured', `${measuredAt.slice(0, 16).replace('T', ' ')} UTC${quick ? ', a quick run' : ''}`],
    ['machine', `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}`],
    ['Node.js', node],
    ['Temporal', `CLI ${temporal}; TypeScript SDK ${temporalSdk}`],
    ['PostgreSQL', `${postgres}, fsync ${fsync}`],
    [
      'a round',
      `${plan.orders} orders at 50 in flight, then ${plan.ordersAlone} one at a time, of each; ${plan.rounds} rounds`,
    ],
    [
      'other load',
      otherCores === null ? NOT_AVAILABLE : `${otherCores.toFixed(2)} cores busy with something else`,
    ],
  ];
}
