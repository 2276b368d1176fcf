import { PROCESSES } from '../lib/processor-time.ts';
import { RATES, SCENARIOS } from './scenarios.ts';
import { isKept, totalOf, type Cell, type Promised, type RunContext, type Summary } from './summary.ts';
import { VARIANTS, variants, type VariantName } from '../variants/catalogue.ts';
import { figure, PROCESS_TITLES, spread } from '../report/figures.ts';

export interface Sheet {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a run, for the terminal and for the document alike. */
export const sheetsOf = (summary: Summary): Sheet[] =>
  [
    promises(summary),
    sheet(summary, '50 in flight: median of the rounds (least–most)', [
      ['orders a second', 'crowd', ({ ordersPerSecond }) => spread(ordersPerSecond)],
      ['with their mails', 'crowd', ({ settledPerSecond }) => spread(settledPerSecond)],
      ['p50, ms', 'crowd', ({ responseTimes }) => figure(responseTimes.p50)],
      ['p95', 'crowd', ({ responseTimes }) => figure(responseTimes.p95)],
      ['p99', 'crowd', ({ responseTimes }) => figure(responseTimes.p99)],
    ]),
    sheet(summary, 'Orders a second by orders in flight', [
      ['1', 'alone', rate],
      ['10', 'ten', rate],
      ['50', 'crowd', rate],
      ['200', 'two-hundred', rate],
    ]),
    sheet(summary, 'Response time by orders in flight: p50 / p99, ms', [
      ['1', 'alone', times],
      ['10', 'ten', times],
      ['50', 'crowd', times],
      ['200', 'two-hundred', times],
    ]),
    sheet(summary, 'A slower provider, 50 in flight: orders a second, and p50 / p99 in ms', [
      ['50 ms', 'think-50', rate],
      ['', 'think-50', times],
      ['300 ms', 'think-300', rate],
      ['', 'think-300', times],
      ['1 % take 3 s', 'tail', rate],
      ['the others', 'tail', times],
    ]),
    sheet(summary, 'One hot item, 50 in flight: orders a second', [
      ['a thousand items', 'thousand', rate],
      ['one item', 'hot', rate],
    ]),
    sheet(
      summary,
      'Response time at so many orders a second, come what may: p50 / p99, ms',
      RATES.map((each): Column => [String(each), `open-${each}`, times]),
    ),
    sheet(summary, 'Processor time an order, ms, 50 in flight', [
      ...PROCESSES.map((name): Column => [
        PROCESS_TITLES[name],
        'crowd',
        ({ processorMs }) => (processorMs ? figure(processorMs[name]) : NOT_AVAILABLE),
      ]),
      [
        'together',
        'crowd',
        ({ processorMs }) => (processorMs ? figure(totalOf(processorMs)) : NOT_AVAILABLE),
      ],
    ]),
    sheet(summary, 'Memory, and what an order adds to the disk', [
      ['application, MiB', 'crowd', ({ memory }) => (memory ? mebibytes(memory.variant) : NOT_AVAILABLE)],
      ['engine, MiB', 'crowd', ({ memory }) => (memory ? mebibytes(memory.engine) : NOT_AVAILABLE)],
      ['kB an order', 'crowd', ({ storedBytes }) => figure(storedBytes / 1_000)],
    ]),
    about(summary),
  ].filter(({ rows }) => rows.length > 0);

const NOT_AVAILABLE = 'not available';

const rate = ({ ordersPerSecond }: Cell): string => figure(ordersPerSecond.median);
const times = ({ responseTimes }: Cell): string =>
  `${figure(responseTimes.p50)} / ${figure(responseTimes.p99)}`;
const mebibytes = (bytes: number): string => figure(bytes / 2 ** 20);

type Column = readonly [head: string, scenario: string, text: (cell: Cell) => string];

/** Of the variants and columns for which there is anything to say. */
function sheet({ cells }: Summary, title: string, columns: readonly Column[]): Sheet {
  const shown = columns.filter(([, scenario]) => cells[scenario]);
  const names = VARIANTS.filter((name) => shown.some(([, scenario]) => cells[scenario]?.[name]));
  return {
    title,
    head: ['', ...shown.map(([head]) => head)],
    rows: names.map((name) => [
      variants[name].title,
      ...shown.map(([, scenario, text]) => {
        const cell = cells[scenario]?.[name];
        if (cell === undefined) return '';
        return typeof cell === 'string' ? 'failed' : text(cell);
      }),
    ]),
  };
}

const promises = (summary: Summary): Sheet => ({
  title: 'What this checkout promises, 50 in flight: ratios within a round, median (least–most)',
  head: ['', 'promised', 'measured', ''],
  rows: summary.promises
    .filter(({ measured }) => measured)
    .map((promised) => [promised.text, bound(promised), measured(promised), verdict(promised)]),
});

const bound = ({ bound, limit }: Promised): string =>
  bound === 'least' ? `at least ${limit}` : `at most ${limit}`;
const measured = (promised: Promised): string => (promised.measured ? spread(promised.measured) : '');
const verdict = (promised: Promised): string => (isKept(promised) ? 'kept' : 'not kept');

const about = ({ cells }: Summary): Sheet => ({
  title: 'What each is, and what it leaves out',
  head: ['', 'is', 'leaves out'],
  rows: VARIANTS.filter((name) => Object.values(cells).some((cell) => cell[name])).map((name) => {
    const { title, about: is, leavesOut } = variants[name];
    return [title, is, leavesOut];
  }),
});

/** In words, where a variant has failed. */
export const failures = ({ cells }: Summary): string[] =>
  SCENARIOS.flatMap(({ name, title }) =>
    Object.entries(cells[name] ?? {}).flatMap(([variant, cell]) =>
      typeof cell === 'string' ? [`${variants[variant as VariantName].title}, ${title}: ${cell}`] : [],
    ),
  );

/** What was measured on, as names and values, and what has failed. */
export const machinePairs = (summary: Summary): [string, string][] => [
  ...contextPairs(summary),
  ...failures(summary).map((line): [string, string] => ['failed', line]),
];

/** What was measured on, as names and values. */
export function contextPairs(context: RunContext): [string, string][] {
  const { machine, plan, measuredAt, quick, engines, leftOut } = context;
  const { cores, processor, memoryGiB, system, node, temporalSdk, postgres, fsync, otherCores } = machine;
  return [
    ['measured', `${measuredAt.slice(0, 16).replace('T', ' ')} UTC${quick ? ', a quick run' : ''}`],
    ['machine', `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}`],
    ['Node.js', node],
    ['PostgreSQL', `${postgres}, fsync ${fsync}`],
    ['engines', [...engines, `Temporal’s TypeScript SDK ${temporalSdk}`].join('; ')],
    ['a load', `${plan.loadMs / 1_000} s; ${plan.rounds} rounds`],
    [
      'other load',
      otherCores === null ? NOT_AVAILABLE : `${otherCores.toFixed(2)} cores busy with something else`,
    ],
    ...leftOut.map((line): [string, string] => ['left out', line]),
  ];
}
