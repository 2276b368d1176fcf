import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { endProcess, waitForExit, isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { endWithThisProcess } from '../servers/test-servers.ts';
import { waitFor } from '../wait-for.ts';

/** A broker that belongs to one test, which may kill it. */
export interface BrokerServer {
  /** The value of the environment variable with which clients connect. */
  url: string;
  /** Kills it with SIGKILL; returns when the process has ended. */
  kill(): Promise<void>;
  /** Starts it with the same data and port; returns when it accepts connections. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerProgram {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** A folder for this server alone, removed at the end. */
  folder: string;
  url: string;
  isUp: () => Promise<boolean>;
  /** Ends what the server leaves behind when it stops. */
  cleanUp?: () => Promise<void>;
}

/** Starts a broker. It ends with this process, however this process ends. */
export async function startServer(program: ServerProgram): Promise<BrokerServer> {
  const { name, command, args, env, folder, url, isUp, cleanUp } = program;
  let pid = 0;

  async function start(): Promise<void> {
    const log = openSync(`${folder}/output.log`, 'a');
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', log, log], detached: true });
    child.unref();
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    pid = child.pid;
    endWithThisProcess(pid, 'TERM', folder);
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
      if (!(await waitForExit(pid, 10_000))) throw new Error(`${name} still runs after SIGKILL`);
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
