import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync } from 'node:fs';
import { endsWithUs } from './live-children.ts';
import type { OsUser } from './os-user.ts';
import { endProcess, type EndStep } from './process-table.ts';

export interface ServiceOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: OsUser | undefined;
  /** Its output goes to a file, not to a pipe: a server must not stumble when its parent is killed. */
  readonly logFile: string;
  /** What it gets when our process ends without having stopped it. Default SIGKILL. */
  readonly lastSignal?: NodeJS.Signals;
}

/** A server of somebody else's making, running as a child. */
export interface ServiceProcess {
  readonly pid: number;
  /** Settles, and never rejects, when the process has ended: says how. */
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  /** Sends the signals until it has ended; false when it outlives them. Safe to call twice. */
  readonly stop: (steps: readonly EndStep[]) => Promise<boolean>;
  /** The last lines of its output since it was started. */
  readonly tail: (lines?: number) => string;
}

const largestLog = 10 * 1024 * 1024;

/**
 * Starts it in a process group of its own, so that Ctrl-C in a terminal reaches us alone and we stop all in order. It does not
 * keep our process alive.
 * @throws when it cannot be started at all
 */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const { file, from } = openLog(options.logFile);
  let child: ChildProcess;
  try {
    child = spawn(options.command, options.args, {
      ...options.user,
      env: options.env,
      cwd: options.cwd ?? '/',
      detached: true,
      stdio: ['ignore', file, file],
    });
  } finally {
    closeSync(file);
  }
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit status ${String(code)}` : `ended by ${signal}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} has no pid`);
  child.unref();
  endsWithUs(child, options.lastSignal ?? 'SIGKILL');
  return {
    pid,
    exited,
    running: () => child.exitCode === null && child.signalCode === null,
    stop: async (steps) => {
      child.ref(); // or we might be gone before we have heard of its end
      const ended = child.exitCode !== null || child.signalCode !== null || (await endProcess(pid, steps));
      if (ended) await exited;
      return ended;
    },
    tail: (lines = 5) =>
      readFileSync(options.logFile)
        .subarray(from)
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .slice(-lines)
        .join('\n'),
  };
}

function openLog(path: string): { file: number; from: number } {
  const file = openSync(path, 'a', 0o600);
  const { size } = fstatSync(file);
  if (size < largestLog) return { file, from: size };
  closeSync(file);
  renameSync(path, `${path}.1`);
  return { file: openSync(path, 'a', 0o600), from: 0 };
}
