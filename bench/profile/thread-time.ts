import { readdirSync, readFileSync } from 'node:fs';
import { parseThreadStat, TICKS_PER_SECOND } from '../lib/processor-time.ts';

/** Milliseconds of processor time by kind of thread. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** The kind of a thread by its name, which is all that the operating system knows about it. */
function kindOf(name: string, isMain: boolean): string {
  if (isMain) return 'main thread (JavaScript)';
  if (/^v8:Prof/.test(name)) return 'the profiler itself';
  if (/^tokio|^workflow-proces/.test(name)) return 'Temporal core (Rust)';
  if (/libuv/.test(name)) return 'libuv (files, DNS, crypto)';
  if (/V8Worker|DelayedTaskSche/.test(name)) return 'V8 (garbage collection, compiling)';
  if (/^Worker|^node|^MainThread/.test(name)) return 'workflow thread (JavaScript)';
  return `other (${name})`;
}

/** Linux only. Threads that have ended do not count. */
export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const kind = kindOf(nameIn(stat), Number(thread) === pid);
    times.set(kind, (times.get(kind) ?? 0) + (parseThreadStat(stat) * 1000) / TICKS_PER_SECOND);
  }
  return times;
}

const nameIn = (stat: string): string => stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));

/** The processor time between two readings, the longest first. */
export const spentByThread = (before: ThreadTimes, after: ThreadTimes): [kind: string, ms: number][] =>
  [...after]
    .map(([kind, ms]): [string, number] => [kind, ms - (before.get(kind) ?? 0)])
    .filter(([, ms]) => ms > 0)
    .sort(([, a], [, b]) => b - a);
