import { readdirSync, readFileSync } from 'node:fs';

/** The groups of processes whose processor time is measured, in the order in which tables show them. */
export const PROCESSES = ['variant', 'engine', 'postgres', 'sandbox'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Processor time in milliseconds. */
export type ProcessorTimes = Readonly<Record<ProcessName, number>>;

/** Ticks per second in /proc: fixed in Linux's interface, independent of the kernel's own clock (proc(5), sysconf(3)). */
export const TICKS_PER_SECOND = 100;

export interface ProcessTicks {
  readonly parent: number;
  /** User and system time of the process, and of its children that have ended and were waited for. */
  readonly ticks: number;
}

/** The roots of the process trees of each group. */
export type ProcessRoots = Readonly<Record<ProcessName, readonly number[]>>;

/** Processor time that each group has used so far; undefined on systems other than Linux. */
export function processorTimes(roots: ProcessRoots): ProcessorTimes | undefined {
  if (process.platform !== 'linux') return undefined;
  const table = readTable();
  return eachProcess((name) => {
    const ticks = roots[name].reduce((sum, root) => sum + treeTicks(table, root), 0);
    return (ticks * 1000) / TICKS_PER_SECOND;
  });
}

export const eachProcess = (of: (name: ProcessName) => number): ProcessorTimes => ({
  variant: of('variant'),
  engine: of('engine'),
  postgres: of('postgres'),
  sandbox: of('sandbox'),
});

/** Ticks of a process and all its descendants: PostgreSQL has one process for each connection. */
export function treeTicks(table: ReadonlyMap<number, ProcessTicks>, root: number): number {
  let ticks = table.get(root)?.ticks ?? 0;
  for (const [pid, { parent }] of table) if (parent === root) ticks += treeTicks(table, pid);
  return ticks;
}

/** The processes of these trees, including the roots. */
export function processTrees(roots: readonly number[], table = readTable()): number[] {
  const children = [...table].filter(([, { parent }]) => roots.includes(parent)).map(([pid]) => pid);
  return [...roots, ...(children.length > 0 ? processTrees(children, table) : [])];
}

/** Parses /proc/<pid>/stat; undefined for other text. The name, in parentheses, may contain any character (proc(5)). */
export function parseStat(stat: string): ProcessTicks | undefined {
  const [, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime and cstime: fields 14 to 17, counted from 1.
  const ticks = rest.slice(9, 13).map(Number);
  if (parent === undefined || ticks.length < 4 || !ticks.every(Number.isFinite)) return undefined;
  return { parent: Number(parent), ticks: ticks.reduce((sum, each) => sum + each, 0) };
}

/** Ticks of this process and everything it has started. */
export const ownTicks = (): number => treeTicks(readTable(), process.pid);

function readTable(): Map<number, ProcessTicks> {
  const table = new Map<number, ProcessTicks>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const entry = parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'));
      if (entry) table.set(Number(name), entry);
    } catch {
      // The process has ended since the list was read; its time now counts as its parent's.
    }
  }
  return table;
}

/** The processor time between two readings. */
export const spent = (before: ProcessorTimes, after: ProcessorTimes): ProcessorTimes =>
  eachProcess((name) => after[name] - before[name]);

/** User and system time of one thread, in ticks. */
export function parseThreadStat(stat: string): number {
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return utime + stime;
}
