import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync } from 'node:fs';
import { exitOf, hasEnded } from './child-exit.ts';
import { killOnExit } from './kill-on-exit.ts';
import type { OsUser } from './os-user.ts';
import { endProcess, type EndStep } from './process-table.ts';

export interface ServiceOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: OsUser | undefined;
  /** The output goes to a file and not to a pipe, because writing to a pipe fails when the parent has been killed. */
  readonly logFile: string;
  /** The signal for the server if this process exits without stopping it. Default SIGKILL. */
  readonly lastSignal?: NodeJS.Signals;
}

/** A third-party server that runs as a child process. */
export interface ServiceProcess {
  readonly pid: number;
  /** Resolves, and never rejects, when the process has ended: with its exit status or signal. */
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  /** Sends the signals until the process has ended; returns false if it still runs after them. Safe to call twice. */
  readonly stop: (steps: readonly EndStep[]) => Promise<boolean>;
  /** Returns the last lines of its output since it was started. */
  readonly tail: (lines?: number) => string;
}

const MAX_LOG_BYTES = 10 * 1024 * 1024;

/**
 * Starts a server in its own process group, so that Ctrl-C in a terminal reaches only this process, which stops the servers in
 * order. The server does not keep this process alive.
 *
 * @throws {Error} if the command cannot be started
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
  const exited = exitOf(child);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} has no pid`);
  child.unref();
  killOnExit(child, options.lastSignal ?? 'SIGKILL');
  return {
    pid,
    exited,
    running: () => !hasEnded(child),
    stop: async (steps) => {
      child.ref(); // otherwise this process could exit before the event `exit` of the child
      const ended = hasEnded(child) || (await endProcess(pid, steps));
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
  if (size < MAX_LOG_BYTES) return { file, from: size };
  closeSync(file);
  renameSync(path, `${path}.1`);
  return { file: openSync(path, 'a', 0o600), from: 0 };
}
