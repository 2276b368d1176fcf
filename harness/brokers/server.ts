import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listensOn } from '../../dev/processes/listening.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { endProcess, waitForExit, isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { endWithThisProcess } from '../servers/test-servers.ts';
import { waitFor } from '../wait-for.ts';

/** A broker that belongs to one test, which may kill it. */
export interface BrokerServer {
  /** The value of the environment variable with which clients connect. */
  url: string;
  /** Kills it with SIGKILL; returns when the process has ended. */
  kill(): Promise<void>;
  /** Starts it with the same data and ports; returns when it accepts connections. */
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
  /** It listens on these, and for clients on the first one. */
  ports: readonly [number, ...number[]];
  /** One of these finds the port that it cannot listen on in its output. */
  portInUse: readonly RegExp[];
  isUp: () => Promise<boolean>;
  /** A server that this one needs. */
  companion?: Companion;
}

export interface Companion {
  /** Safe to call while it runs. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a broker. It ends with this process, however this process ends.
 *
 * @throws {PortInUseError} if another process listens on one of its ports
 */
export async function startServer(program: ServerProgram): Promise<BrokerServer> {
  const { name, command, args, env, folder, url, ports, isUp, companion } = program;
  const logFile = join(folder, 'output.log');
  let pid = 0;

  async function start(): Promise<void> {
    await companion?.start();
    const log = openSync(logFile, 'a');
    const { size } = statSync(logFile);
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    child.unref();
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    pid = child.pid;
    endWithThisProcess(pid, 'TERM', folder);
    const output = (): string => readFileSync(logFile).subarray(size).toString();
    await waitFor(
      `${name} is up`,
      () => {
        if (!isAlive(pid)) throw failureOf(program, output());
        // Until it listens itself, the server that answers on the port may be another one.
        return listensOn(pid, ports[0]) && isUp();
      },
      60_000,
    );
  }

  async function stop(): Promise<void> {
    if (pid !== 0)
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]);
    await companion?.stop();
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    start,
    async kill() {
      trySignal(pid, 'SIGKILL');
      if (!(await waitForExit(pid, 10_000))) throw new Error(`${name} still runs after SIGKILL`);
    },
    stop,
  };
}

function failureOf({ name, portInUse, ports, folder }: ServerProgram, output: string): Error {
  const taken = portInUse.map((pattern) => pattern.exec(output)?.[1]).find((port) => port !== undefined);
  if (taken === undefined) return new Error(`${name} has ended: see ${folder}/output.log`);
  const port = ports.find((each) => each === Number(taken));
  return new PortInUseError(`${name} did not start: port ${taken} is used by another process.`, port);
}
