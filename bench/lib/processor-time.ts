import { readdirSync, readFileSync } from 'node:fs';

/** Whose processor time is counted, in the order in which it is shown. */
export const PROCESSES = ['variant', 'engine', 'postgres', 'sandbox'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Processor time used so far, in milliseconds; undefined where the system does not tell as Linux does. */
export type ProcessorTimes = Readonly<Record<ProcessName, number>>;

/** Ticks of /proc a second: fixed in Linux's interface, whatever the kernel's own clock (proc(5), sysconf(3)). */
export const TICKS_PER_SECOND = 100;

export interface ProcessTicks {
  readonly parent: number;
  /** User and system time of its own, and of its children that have ended and were waited for. */
  readonly ticks: number;
}

/** The roots of the process trees of each. */
export type ProcessRoots = Readonly<Record<ProcessName, readonly number[]>>;

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

/** A process with all that descend from it: PostgreSQL has one process a connection. */
export function treeTicks(table: ReadonlyMap<number, ProcessTicks>, root: number): number {
  let ticks = table.get(root)?.ticks ?? 0;
  for (const [pid, { parent }] of table) if (parent === root) ticks += treeTicks(table, pid);
  return ticks;
}

/** The processes of these trees, the roots among them. */
export function processTrees(roots: readonly number[], table = readTable()): number[] {
  const children = [...table].filter(([, { parent }]) => roots.includes(parent)).map(([pid]) => pid);
  return [...roots, ...(children.length > 0 ? processTrees(children, table) : [])];
}

/** One line of /proc/<pid>/stat; undefined where it is none. The name, in parentheses, may hold anything: proc(5). */
export function parseStat(stat: string): ProcessTicks | undefined {
  const [, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime and cstime: fields 14 to 17, counted from 1.
  const ticks = rest.slice(9, 13).map(Number);
  if (parent === undefined || ticks.length < 4 || !ticks.every(Number.isFinite)) return undefined;
  return { parent: Number(parent), ticks: ticks.reduce((sum, each) => sum + each, 0) };
}

/** This process's, with all that it has started. */
export const ownTicks = (): number => treeTicks(readTable(), process.pid);

function readTable(): Map<number, ProcessTicks> {
  const table = new Map<number, ProcessTicks>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const entry = parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'));
      if (entry) table.set(Number(name), entry);
    } catch {
      // It has ended in this moment; its time is its parent's now.
    }
  }
  return table;
}

export const spent = (before: ProcessorTimes, after: ProcessorTimes): ProcessorTimes =>
  eachProcess((name) => after[name] - before[name]);

/** User and system time of one thread alone, in ticks. */
export function parseThreadStat(stat: string): number {
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return utime + stime;
}
