import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { endProcess, gone, isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { endWithUs } from '../servers/test-servers.ts';
import { waitFor } from '../wait-for.ts';

/** A broker of a test's own, that it may kill. */
export interface BrokerServer {
  /** How clients get at it: the value of the environment variable. */
  url: string;
  /** `kill -9`; returns when it is gone. */
  kill(): Promise<void>;
  /** On the same data and port; returns when it takes connections. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerProgram {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Its own, removed in the end. */
  folder: string;
  url: string;
  isUp: () => Promise<boolean>;
  /** What it leaves behind. */
  cleanUp?: () => Promise<void>;
}

/** Starts a broker, and ends it with this process, however that goes. */
export async function startServer(program: ServerProgram): Promise<BrokerServer> {
  const { name, command, args, env, folder, url, isUp, cleanUp } = program;
  let pid = 0;

  async function start(): Promise<void> {
    const log = openSync(`${folder}/output.log`, 'a');
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', log, log], detached: true });
    child.unref();
    if (child.pid === undefined) throw new Error(`${name} cannot be started`);
    pid = child.pid;
    endWithUs(pid, 'TERM', folder);
    await waitFor(
      `${name} is up`,
      () => {
        if (!isAlive(pid)) throw new Error(`${name} has ended: see ${folder}/output.log`);
        return isUp();
      },
      60_000,
    );
  }

  await start();
  return {
    url,
    start,
    async kill() {
      trySignal(pid, 'SIGKILL');
      if (!(await gone(pid, 10_000))) throw new Error(`${name} outlives kill -9`);
    },
    async stop() {
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]);
      await cleanUp?.();
    },
  };
}
