import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { killOnExit } from '../dev/processes/kill-on-exit.ts';
import { endProcess } from '../dev/processes/process-table.ts';

export interface ChildOptions {
  readonly name: string;
  readonly file: string;
  readonly nodeArgs?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Also its working folder, so that it finds no `.env` of ours. */
  readonly folder: string;
}

export interface Child {
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const GRACE_MS = 15_000;

/**
 * A Node process that says by IPC when it is ready. Its environment is made from nothing, so that a run does not depend on the
 * shell it was started from; what it says goes to a file, as that of a service does.
 */
export async function startChild({ name, file, nodeArgs = [], env, folder }: ChildOptions): Promise<Child> {
  const logFile = `${folder}/${name}.log`;
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeArgs, file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  killOnExit(child, 'SIGKILL');
  const { pid } = child;
  const failure = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, READY_MS, `was not ready within ${READY_MS / 1000} s`);
    child.once('message', () => {
      clearTimeout(timer);
      resolve(undefined);
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
    throw new Error(`${name} ${failure ?? 'did not start'}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
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
