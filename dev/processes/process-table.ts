import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether the process exists; one that belongs to another user does. A zombie, which nobody has reaped yet, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * The command line of a process, its words separated by NUL on Linux and by blanks elsewhere, or undefined when there
 * is none. A pid alone proves nothing: the system gives it to a stranger after a while.
 */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform === 'linux') return read(`/proc/${pid}/cmdline`);
  return ps(pid, 'command=');
}

/** When a process began, in the system's own words: with the pid it names one process for good. */
export function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return statOf(pid)?.startTicks;
  return ps(pid, 'lstart=');
}

export function parentOf(pid: number): number | undefined {
  if (process.platform === 'linux') return statOf(pid)?.parent;
  const parent = Number(ps(pid, 'ppid='));
  return Number.isInteger(parent) && parent > 0 ? parent : undefined;
}

/** A signal, and how long the process has to end by it, in milliseconds. */
export interface EndStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/**
 * Sends the signals one after the other, each with its time to take effect, until the process is gone.
 * @returns whether it is gone
 */
export async function endProcess(pid: number, steps: readonly EndStep[]): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!trySignal(pid, signal)) return true;
    if (await gone(pid, waitMs)) return true;
  }
  return false;
}

/** Signals a process, or with a negative pid its group; false when there is none. */
export function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Waits until the process is gone, `waitMs` milliseconds at the longest. */
export async function gone(pid: number, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (isAlive(pid)) {
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

function statOf(pid: number): { state: string; parent: number; startTicks: string } | undefined {
  const stat = process.platform === 'linux' ? read(`/proc/${pid}/stat`) : undefined;
  // The second field, the name in parentheses, may hold blanks and parentheses itself: proc(5).
  const [state, parent, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const startTicks = rest[17];
  return state === undefined || startTicks === undefined
    ? undefined
    : { state, parent: Number(parent), startTicks };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    return (
      execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** The processes whose command line the test accepts, but for ourselves. */
export function findProcesses(accepts: (commandLine: string) => boolean): number[] {
  return everyPid().filter((pid) => pid !== process.pid && accepts(commandLineOf(pid) ?? '') && isAlive(pid));
}

function everyPid(): number[] {
  const names =
    process.platform === 'linux'
      ? readdirSync('/proc')
      : execFileSync('ps', ['-ax', '-o', 'pid='], { encoding: 'utf8' }).split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}
