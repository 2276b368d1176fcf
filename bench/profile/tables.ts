import { PROCESSES, type ProcessorTimes } from '../lib/processor-time.ts';
import { figure, PROCESS_TITLES } from '../report/figures.ts';
import type { Table } from '../report/table.ts';
import type { FrameTime } from './cpu-profile.ts';
import { nameOf, packageOf } from './package-of.ts';

export interface Profiled {
  readonly orders: number;
  readonly processor: ProcessorTimes | undefined;
  /** Processor time of the application by kind of thread, in milliseconds. */
  readonly threads: readonly (readonly [string, number])[];
  readonly main: readonly FrameTime[];
  readonly workflow: readonly FrameTime[];
}

const MAX_PACKAGES = 10;
const MAX_FUNCTIONS = 12;

/** The processor time of an order: by process, by thread, by package and by function. */
export function profileTables({ orders, processor, threads, main, workflow }: Profiled): Table[] {
  const perOrder = (ms: number): string => figure(ms / orders);
  const table = (title: string, head: string, rows: readonly (readonly [string, number])[]): Table => {
    const all = rows.reduce((sum, [, ms]) => sum + ms, 0);
    const share = (ms: number): string => `${Math.round((ms / all) * 100)} %`;
    return {
      title,
      head: [head, 'ms for each order', 'share'],
      rows: rows.map(([name, ms]) => [name, perOrder(ms), share(ms)]),
    };
  };
  const processes = processor
    ? [
        table(
          'By process',
          'process',
          PROCESSES.map((name) => [PROCESS_TITLES[name], processor[name]]),
        ),
      ]
    : [];
  return [
    ...processes,
    table('The application, by thread', 'thread', threads),
    table('Main thread, by package', 'package', longest(byPackage(main), MAX_PACKAGES)),
    table('Workflow thread, by package', 'package', longest(byPackage(workflow), MAX_PACKAGES)),
    table('Main thread, by function', 'function', longest(byName(main), MAX_FUNCTIONS)),
    table('Workflow thread, by function', 'function', longest(byName(workflow), MAX_FUNCTIONS)),
  ];
}

const byPackage = (times: readonly FrameTime[]): [string, number][] => sumBy(times, packageOf);
const byName = (times: readonly FrameTime[]): [string, number][] => sumBy(times, nameOf);

function sumBy(times: readonly FrameTime[], key: (frame: FrameTime['frame']) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const { frame, selfMs } of times) sums.set(key(frame), (sums.get(key(frame)) ?? 0) + selfMs);
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** The rows with the longest times, and one row for all others. */
function longest(rows: readonly [string, number][], max: number): [string, number][] {
  const others = rows.slice(max).reduce((sum, [, ms]) => sum + ms, 0);
  return [...rows.slice(0, max), ...(others > 0 ? [['everything else', others] as [string, number]] : [])];
}
