import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { killOnExit } from '../../dev/processes/kill-on-exit.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { endProcess } from '../../dev/processes/process-table.ts';
import { isPortInUseMessage } from '../../src/platform/port-in-use.ts';

export interface ChildOptions {
  readonly name: string;
  readonly file: string;
  readonly nodeArgs?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Holds the log file. It is the working directory of the process too, so that the process does not read the `.env` of this checkout. */
  readonly folder: string;
}

export interface Child {
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const GRACE_MS = 15_000;

/**
 * Starts a Node process and returns when the process has reported by IPC that it is ready. The environment of the process is
 * built from scratch, so that a run does not depend on the shell it was started from. Its output goes to a log file, as the
 * output of a service does.
 * @throws {PortInUseError} where another process listens on the port of the process
 * @throws with the end of the log where the process does not become ready
 */
export async function startChild({ name, file, nodeArgs = [], env, folder }: ChildOptions): Promise<Child> {
  const logFile = `${folder}/${name}.log`;
  const logDescriptor = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeArgs, file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor, 'ipc'],
  });
  closeSync(logDescriptor);
  killOnExit(child, 'SIGKILL');
  const { pid } = child;
  let takenPort: number | undefined;
  const failure = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, READY_WITHIN_MS, `was not ready within ${READY_WITHIN_MS / 1000} s`);
    child.once('message', (message: unknown) => {
      clearTimeout(timer);
      if (isPortInUseMessage(message)) takenPort = message.port;
      resolve(takenPort === undefined ? undefined : `found port ${takenPort} used by another process`);
    });
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(`ended with ${signal ?? String(code)}`);
    });
  });
  if (pid === undefined || failure !== undefined) {
    if (pid !== undefined) await endProcess(pid, [{ signal: 'SIGKILL', waitMs: 1000 }]);
    const log = readFileSync(logFile, 'utf8').slice(-2000);
    const reason = `${name} ${failure ?? 'did not start'}:\n${log}`;
    if (takenPort !== undefined || log.includes('EADDRINUSE')) throw new PortInUseError(reason, takenPort);
    throw new Error(reason);
  }
  return {
    pid,
    async stop() {
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: GRACE_MS },
        { signal: 'SIGKILL', waitMs: 1000 },
      ]);
    },
  };
}
