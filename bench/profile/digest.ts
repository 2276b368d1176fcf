import type { ProcessorTimes } from '../lib/processor-time.ts';
import { PROCESSES } from '../lib/processor-time.ts';
import { figure, PROCESS_TITLES } from '../report/figures.ts';
import type { Sheet } from '../compare/tables.ts';
import type { FrameTime } from './cpu-profile.ts';
import { nameOf, packageOf } from './package-of.ts';

export interface Profiled {
  readonly orders: number;
  readonly processor: ProcessorTimes | undefined;
  /** Of the application, by kind of thread, in milliseconds of processor. */
  readonly threads: readonly (readonly [string, number])[];
  readonly main: readonly FrameTime[];
  readonly workflow: readonly FrameTime[];
}

const PACKAGES = 10;
const FUNCTIONS = 12;

/** Where the time of an order goes, from the outside in. */
export function digest({ orders, processor, threads, main, workflow }: Profiled): Sheet[] {
  const each = (ms: number): string => figure(ms / orders);
  const sheet = (title: string, head: string, rows: readonly (readonly [string, number])[]): Sheet => {
    const all = rows.reduce((sum, [, ms]) => sum + ms, 0);
    const share = (ms: number): string => `${Math.round((ms / all) * 100)} %`;
    return {
      title,
      head: [head, 'ms an order', 'share'],
      rows: rows.map(([name, ms]) => [name, each(ms), share(ms)]),
    };
  };
  const processes = processor
    ? [
        sheet(
          'By process',
          'process',
          PROCESSES.map((name) => [PROCESS_TITLES[name], processor[name]]),
        ),
      ]
    : [];
  return [
    ...processes,
    sheet('The application, by thread', 'thread', threads),
    sheet('Main thread, by package', 'package', rest(byPackage(main), PACKAGES)),
    sheet('Workflow thread, by package', 'package', rest(byPackage(workflow), PACKAGES)),
    sheet('Main thread, by function', 'function', rest(byName(main), FUNCTIONS)),
    sheet('Workflow thread, by function', 'function', rest(byName(workflow), FUNCTIONS)),
  ];
}

const byPackage = (times: readonly FrameTime[]): [string, number][] => grouped(times, packageOf);
const byName = (times: readonly FrameTime[]): [string, number][] => grouped(times, nameOf);

function grouped(
  times: readonly FrameTime[],
  key: (frame: FrameTime['frame']) => string,
): [string, number][] {
  const sums = new Map<string, number>();
  for (const { frame, selfMs } of times) sums.set(key(frame), (sums.get(key(frame)) ?? 0) + selfMs);
  return [...sums].sort(([, a], [, b]) => b - a);
}

/** The longest, and all others as one. */
function rest(rows: readonly [string, number][], keep: number): [string, number][] {
  const others = rows.slice(keep).reduce((sum, [, ms]) => sum + ms, 0);
  return [...rows.slice(0, keep), ...(others > 0 ? [['everything else', others] as [string, number]] : [])];
}
