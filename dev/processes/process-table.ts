import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether the process exists, also if it belongs to another user. A zombie, which has ended but was not reaped, does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * Returns the command line of a process, its words separated by NUL on Linux and by blanks elsewhere, or undefined if the process
 * does not exist. A pid alone does not identify a process, because the system reuses pids.
 */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform === 'linux') return read(`/proc/${pid}/cmdline`);
  return ps(pid, 'command=');
}

/** Returns when a process started, in a format of the system. Together with the pid it identifies one process. */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') return statOf(pid)?.startTicks;
  return ps(pid, 'lstart=');
}

export function parentOf(pid: number): number | undefined {
  if (process.platform === 'linux') return statOf(pid)?.parent;
  const parent = Number(ps(pid, 'ppid='));
  return Number.isInteger(parent) && parent > 0 ? parent : undefined;
}

/** A signal, and for how many milliseconds to wait for the end of the process after it. */
export interface EndStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/**
 * Sends the signals one after the other, and waits after each of them, until the process has ended.
 *
 * @returns whether the process has ended
 */
export async function endProcess(pid: number, steps: readonly EndStep[]): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!trySignal(pid, signal)) return true;
    if (await waitForExit(pid, waitMs)) return true;
  }
  return false;
}

/** Signals a process, or with a negative pid its process group; returns false if it does not exist. */
export function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Waits until the process has ended, `waitMs` milliseconds at most; returns whether it has ended. */
export async function waitForExit(pid: number, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (isAlive(pid)) {
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

function statOf(pid: number): { state: string; parent: number; startTicks: string } | undefined {
  const stat = process.platform === 'linux' ? read(`/proc/${pid}/stat`) : undefined;
  // The second field, the name in parentheses, may itself contain blanks and parentheses: proc(5).
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

/** Returns the processes whose command line is accepted, except this process. */
export function findProcesses(accepts: (commandLine: string) => boolean): number[] {
  return allPids().filter((pid) => pid !== process.pid && accepts(commandLineOf(pid) ?? '') && isAlive(pid));
}

function allPids(): number[] {
  const names =
    process.platform === 'linux'
      ? readdirSync('/proc')
      : execFileSync('ps', ['-ax', '-o', 'pid='], { encoding: 'utf8' }).split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}
