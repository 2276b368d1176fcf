import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DevState } from '../../dev/dev-state.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { waitForExit, isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { temporalCliPath } from '../../dev/temporal/cli.ts';
import { endWithThisProcess, temporaryFolder, testLogger } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { sandboxClient, type SandboxClient } from '../../harness/sandbox-client.ts';
import { ShopClient } from './shop-client.ts';

export type PartName = 'PostgreSQL' | 'Temporal' | 'sandbox' | 'app';

/** The system that `npm start` runs, in processes of its own, with its own ports and data. */
export interface System {
  shop: ShopClient;
  sandbox: SandboxClient;
  sandboxUrl: string;
  dataDir: string;
  /** The URL of its PostgreSQL, for a test that reads or locks rows. */
  databaseUrl(): string;
  /** Everything printed since the last start. */
  output(): string;
  /** The processes that run now, from `dev.json`. */
  state(): DevState;
  /** Kills one part with SIGKILL; returns when it has ended. Its parent then starts it again. */
  kill(part: PartName): Promise<void>;
  /** Waits until every part runs again and the API answers. */
  recovered(): Promise<void>;
  /** Kills the parent and every part with SIGKILL; returns when all have ended. */
  killEverything(): Promise<void>;
  /** Starts it again on the same data and ports. */
  start(): Promise<void>;
  /** Sends SIGINT, as Ctrl-C does; returns the exit status. */
  interrupt(): Promise<number | string>;
  /** Stops it in whatever state it is. Safe to call twice. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** The variables of the ports of `npm start`. */
export const PORTS = [
  'PORT',
  'TEMPORAL_PORT',
  'TEMPORAL_UI_PORT',
  'POSTGRES_PORT',
  'SANDBOX_PORT',
  'SMTP_PORT',
] as const;

export type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

/** The environment variables of the ports. */
export const variablesOf = (ports: Ports): Record<string, string> =>
  Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));

/** The error of an `npm start` that has ended because a port is taken; undefined if its output has another reason. */
export function takenPortIn(output: string): PortInUseError | undefined {
  const [line, port] = /^Port (\d+) is used by another process\..*$/m.exec(output) ?? [];
  return line === undefined ? undefined : new PortInUseError(line, Number(port));
}

let temporalCli: Promise<string> | undefined;

/**
 * Returns the path of the Temporal CLI, which `npm start` needs. It is looked for once in a process.
 *
 * @throws {MissingError} if there is none
 */
export function needTemporalCli(): Promise<string> {
  return (temporalCli ??= temporalCliPath({
    given: process.env['TEMPORAL_CLI'],
    dataDir: '.data',
    logger: testLogger,
  }));
}

/** A start takes 3 s on a quiet machine; other test files may keep this one busy. */
const READY_TIMEOUT_MS = 110_000;

/** What `npm start` runs after the build, as arguments of Node. */
const START = [main, 'dev'];

/**
 * Starts it. `settings` are environment variables that override those of this function.
 *
 * @param command arguments of Node, for another way to start the system
 */
export async function startSystem(
  settings: Record<string, string> = {},
  command: readonly string[] = START,
): Promise<System> {
  if (command === START && !existsSync(main))
    throw new Error('There is no dist/src/cli/main.js: run `npm run build` first.');
  await needTemporalCli();
  return startOnFreePorts(PORTS, (ports) => startSystemOn(ports, settings, command));
}

async function startSystemOn(
  ports: Ports,
  settings: Record<string, string>,
  command: readonly string[],
): Promise<System> {
  const { CHECKOUT_DATA_DIR: kept } = settings;
  const dataDir = kept ?? temporaryFolder();
  const env: NodeJS.ProcessEnv = { ...process.env, CHECKOUT_DATA_DIR: dataDir, LOG_LEVEL: 'warn' };
  for (const inherited of [
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'CHECKOUT_API_KEY',
    'SMTP_URL',
    'METRICS_PORT',
  ])
    env[inherited] = '';
  Object.assign(env, variablesOf(ports), settings);

  let child: ChildProcess | undefined;
  let output = '';
  const startedPids = new Set<number>();
  const file = join(dataDir, 'dev.json');
  const state = (): DevState => JSON.parse(readFileSync(file, 'utf8')) as DevState;
  const notePids = (): void => {
    if (existsSync(file)) for (const { pid } of state().children) startedPids.add(pid);
  };

  async function start(): Promise<void> {
    output = '';
    const started = spawn(process.execPath, command, {
      env,
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const closed = once(started, 'close');
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    if (started.pid === undefined) throw new Error('the system did not start');
    // A folder that was named stays.
    endWithThisProcess(started.pid, 'INT', kept === undefined ? dataDir : '');
    await waitFor(
      'the system is ready',
      async () => {
        const end = started.exitCode ?? started.signalCode;
        if (end !== null) {
          await Promise.race([closed, delay(2_000)]); // then its output is complete
          throw takenPortIn(output) ?? new Error(`the system ended with ${end}: ${output}`);
        }
        return output.includes('is ready') && state().ready;
      },
      READY_TIMEOUT_MS,
    ).catch((error: unknown) => {
      started.kill('SIGTERM'); // then it ends its parts
      throw error;
    });
    notePids();
  }

  async function ended(): Promise<number | string> {
    if (child?.pid === undefined) return 0;
    const { pid } = child;
    if (!(await waitForExit(pid, 15_000))) throw new Error(`the system did not end within 15 s: ${output}`);
    // The process table may show the end before Node has emitted the event with the exit code.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? String(child.signalCode);
  }

  await start();
  const { urls, apiKey } = state();
  const sandboxUrl = urls['sandbox'] ?? '';
  const shop = new ShopClient({ url: urls['api'] ?? '', apiKey });
  return {
    shop,
    sandbox: sandboxClient(sandboxUrl),
    sandboxUrl,
    dataDir,
    databaseUrl: () => {
      const password = readFileSync(join(dataDir, 'postgres', 'password'), 'utf8').trim();
      return `postgresql://postgres:${password}@127.0.0.1:${ports.POSTGRES_PORT}/checkout`;
    },
    output: () => output,
    state,
    start,

    async kill(part) {
      const pid = state().children.find(({ name }) => name === part)?.pid;
      if (pid === undefined) throw new Error(`${part} does not run`);
      process.kill(pid, 'SIGKILL');
      if (!(await waitForExit(pid, 5_000))) throw new Error(`${part} still runs after SIGKILL`);
    },

    async recovered() {
      await waitFor(
        'every part runs again',
        async () => {
          const { children } = state();
          return children.length === 4 && children.every(({ pid }) => isAlive(pid)) && (await shop.isUp());
        },
        60_000,
      );
      notePids();
    },

    async killEverything() {
      notePids();
      const victims = state().children.map(({ pid }) => pid);
      // Killed first, so that it does not start its parts again.
      if (child?.pid !== undefined) victims.unshift(child.pid);
      for (const pid of victims) trySignal(pid, 'SIGKILL');
      for (const pid of victims)
        if (!(await waitForExit(pid, 5_000))) throw new Error(`${pid} still runs after SIGKILL`);
    },

    async interrupt() {
      notePids();
      child?.kill('SIGINT');
      return ended();
    },

    async stop() {
      child?.kill('SIGTERM');
      await ended().catch(() => child?.kill('SIGKILL'));
      notePids();
      for (const pid of startedPids) trySignal(pid, 'SIGKILL');
    },
  };
}
