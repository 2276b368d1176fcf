import { PROCESSES } from '../lib/processor-time.ts';
import { totalOf, type Cell } from '../measure/cell.ts';
import { contextPairs } from '../measure/run-context.ts';
import { figure, NOT_AVAILABLE, PROCESS_TITLES, spread } from '../report/figures.ts';
import type { Table } from '../report/table.ts';
import { VARIANTS, variants, type VariantName } from '../variants/catalogue.ts';
import { isKept, type PerformancePromise } from './promises.ts';
import { RATES, SCENARIOS } from './scenarios.ts';
import type { Summary } from './summary.ts';

/** The tables of a run, for the terminal and the document alike. A table without rows is left out. */
export const tablesOf = (summary: Summary): Table[] =>
  [
    promisesTable(summary),
    cellTable(summary, '50 in flight: median of the rounds (least–most)', [
      ['orders a second', 'in-flight-50', ({ ordersPerSecond }) => spread(ordersPerSecond)],
      ['with their mails', 'in-flight-50', ({ settledPerSecond }) => spread(settledPerSecond)],
      ['p50, ms', 'in-flight-50', ({ responseTimes }) => figure(responseTimes.p50)],
      ['p95', 'in-flight-50', ({ responseTimes }) => figure(responseTimes.p95)],
      ['p99', 'in-flight-50', ({ responseTimes }) => figure(responseTimes.p99)],
    ]),
    cellTable(summary, 'Orders a second, by orders in flight', [
      ['1', 'in-flight-1', rate],
      ['10', 'in-flight-10', rate],
      ['50', 'in-flight-50', rate],
      ['200', 'in-flight-200', rate],
    ]),
    cellTable(summary, 'Response time, by orders in flight: p50 / p99, ms', [
      ['1', 'in-flight-1', times],
      ['10', 'in-flight-10', times],
      ['50', 'in-flight-50', times],
      ['200', 'in-flight-200', times],
    ]),
    cellTable(summary, 'A slower provider, 50 in flight: orders a second, and p50 / p99 in ms', [
      ['50 ms', 'provider-50ms', rate],
      ['', 'provider-50ms', times],
      ['300 ms', 'provider-300ms', rate],
      ['', 'provider-300ms', times],
      ['1 % take 3 s', 'tail', rate],
      ['the others', 'tail', times],
    ]),
    cellTable(summary, 'One hot item, 50 in flight: orders a second', [
      ['a thousand items', 'thousand-items', rate],
      ['one item', 'hot-item', rate],
    ]),
    cellTable(
      summary,
      'Response time at a fixed rate of orders a second: p50 / p99, ms',
      RATES.map((each): Column => [String(each), `rate-${each}`, times]),
    ),
    cellTable(summary, 'Processor time for each order, ms, 50 in flight', [
      ...PROCESSES.map((name): Column => [
        PROCESS_TITLES[name],
        'in-flight-50',
        ({ processorMs }) => (processorMs ? figure(processorMs[name]) : NOT_AVAILABLE),
      ]),
      [
        'together',
        'in-flight-50',
        ({ processorMs }) => (processorMs ? figure(totalOf(processorMs)) : NOT_AVAILABLE),
      ],
    ]),
    cellTable(summary, 'Memory, and growth on the disk', [
      [
        'application, MiB',
        'in-flight-50',
        ({ memory }) => (memory ? mebibytes(memory.variant) : NOT_AVAILABLE),
      ],
      ['engine, MiB', 'in-flight-50', ({ memory }) => (memory ? mebibytes(memory.engine) : NOT_AVAILABLE)],
      ['kB for each order', 'in-flight-50', ({ storedBytes }) => figure(storedBytes / 1_000)],
    ]),
    variantsTable(summary),
  ].filter(({ rows }) => rows.length > 0);

const rate = ({ ordersPerSecond }: Cell): string => figure(ordersPerSecond.median);
const times = ({ responseTimes }: Cell): string =>
  `${figure(responseTimes.p50)} / ${figure(responseTimes.p99)}`;
const mebibytes = (bytes: number): string => figure(bytes / 2 ** 20);

type Column = readonly [head: string, scenario: string, text: (cell: Cell) => string];

/** Contains only the variants and columns that were measured. */
function cellTable({ cells }: Summary, title: string, columns: readonly Column[]): Table {
  const measured = columns.filter(([, scenario]) => cells[scenario]);
  const names = VARIANTS.filter((name) => measured.some(([, scenario]) => cells[scenario]?.[name]));
  return {
    title,
    head: ['', ...measured.map(([head]) => head)],
    rows: names.map((name) => [
      variants[name].title,
      ...measured.map(([, scenario, text]) => {
        const cell = cells[scenario]?.[name];
        if (cell === undefined) return '';
        return typeof cell === 'string' ? 'failed' : text(cell);
      }),
    ]),
  };
}

const promisesTable = (summary: Summary): Table => ({
  title: 'What this checkout promises, 50 in flight: ratios within a round, median (least–most)',
  head: ['', 'promised', 'measured', ''],
  rows: summary.promises.flatMap((promise) =>
    promise.measured
      ? [[promise.text, boundText(promise), spread(promise.measured), isKept(promise) ? 'kept' : 'not kept']]
      : [],
  ),
});

const boundText = ({ bound, limit }: PerformancePromise): string =>
  bound === 'least' ? `at least ${limit}` : `at most ${limit}`;

const variantsTable = ({ cells }: Summary): Table => ({
  title: 'What each variant is, and what it omits',
  head: ['', 'is', 'omits'],
  rows: VARIANTS.filter((name) => Object.values(cells).some((cell) => cell[name])).map((name) => {
    const { title, about, omits } = variants[name];
    return [title, about, omits];
  }),
});

/** The conditions of the run and its failures, as names and values. */
export const machinePairs = (summary: Summary): [string, string][] => [
  ...contextPairs(summary),
  ...failures(summary).map((line): [string, string] => ['failed', line]),
];

const failures = ({ cells }: Summary): string[] =>
  SCENARIOS.flatMap(({ name, title }) =>
    Object.entries(cells[name] ?? {}).flatMap(([variant, cell]) =>
      typeof cell === 'string' ? [`${variants[variant as VariantName].title}, ${title}: ${cell}`] : [],
    ),
  );
