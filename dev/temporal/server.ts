import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../src/platform/logging.ts';
import { freePort, listens } from '../processes/free-port.ts';
import { endProcess, type EndStep, findProcesses } from '../processes/process-table.ts';
import { type ServiceProcess, startService } from '../processes/service-process.ts';
import { prepareNamespace, searchAttributes } from './namespace.ts';

export interface TemporalOptions {
  /** Path of the Temporal CLI, see `temporalCliPath`. */
  readonly cli: string;
  /** All ports are on 127.0.0.1. */
  readonly port: number;
  readonly uiPort: number;
  /** Default: a free one. */
  readonly metricsPort?: number;
  /** Where the state is kept. Undefined: in memory, gone with the server. */
  readonly dbFile: string | undefined;
  readonly logFile: string;
  readonly namespace: string;
  readonly logger: Logger;
}

export interface RunningTemporal {
  /** host:port of the frontend. */
  readonly address: string;
  readonly uiUrl: string;
  readonly metricsUrl: string;
  readonly pid: number;
  /** Settles when the server has ended, whoever ended it: says how. */
  readonly exited: Promise<string>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** A new database is made in a second; the first start of a cold machine may take longer. */
const startMs = 60_000;

/** What a server that only we use, on a machine of its own, is told beside its defaults. */
export const dynamicConfig: Readonly<Record<string, unknown>> = {
  // Short timers and retries would wait for the end of a second.
  'history.timerProcessorMaxTimeShift': '20ms',
  // The single shard reads each of its queues at most 20 times a second by default. Under load that holds up activities, and timers
  // (each a read of its own, since the shift above is short) fall behind by ten seconds and more.
  'history.timerProcessorMaxPollRPS': 1000,
  'history.transferProcessorMaxPollRPS': 1000,
  'history.visibilityProcessorMaxPollRPS': 1000,
  'system.enableEagerWorkflowStart': true,
  // The defaults (2,400 requests a second, 10 searches, 2,000 reads for them) are made for many tenants; here there is one.
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 100_000,
  'frontend.namespaceCount': 100_000,
  'frontend.persistenceMaxQPS': 100_000,
  'history.persistenceMaxQPS': 100_000,
  'matching.persistenceMaxQPS': 100_000,
  // One machine, one process that polls: partitions of a task queue would only pass tasks on to each other.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/**
 * SQLite's write-ahead log, synced at every commit: what the server has acknowledged outlives the death of the process and of the
 * machine, with one sync a commit where the default journal takes several.
 */
const pragmas = ['journal_mode=wal', 'synchronous=full'];

/**
 * Runs Temporal's development server, stops one that an earlier run left behind on the same file, and returns when
 * the namespace answers.
 * @throws with one line that says what to do, when it cannot
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { logger, logFile } = options;
  const dbFile = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  if (dbFile !== undefined) await stopLeftoverTemporal({ dbFile, logger });
  const metricsPort = options.metricsPort ?? (await freePort());
  const server = await startService({
    command: options.cli,
    args: [...argumentsOf(options, metricsPort), ...(dbFile === undefined ? [] : storageArguments(dbFile))],
    env: environment(),
    logFile,
  });
  const address = `127.0.0.1:${options.port}`;
  const stop = async (): Promise<void> => {
    await server.stop(stopSteps);
  };
  try {
    await ready(server, options);
  } catch (error) {
    await stop();
    const said =
      server
        .tail()
        .split('\n')
        .findLast((line) => /error|fatal|in use/i.test(line)) ?? String(error);
    throw new Error(`The Temporal server does not start: ${said.trim()} (its log: ${logFile})`, {
      cause: error,
    });
  }
  return {
    address,
    uiUrl: `http://127.0.0.1:${options.uiPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pid: server.pid,
    exited: server.exited,
    stop,
  };
}

function argumentsOf({ port, uiPort, namespace }: TemporalOptions, metricsPort: number): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--metrics-port', String(metricsPort), '--namespace', namespace],
    ...['--log-level', 'error', '--ui-disable-news-fetch'],
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

function storageArguments(dbFile: string): string[] {
  return ['--db-filename', dbFile, ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])];
}

/** Ours without Temporal's own variables, which are meant for clients and would steer the CLI. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function ready(server: ServiceProcess, { port, namespace }: TemporalOptions): Promise<void> {
  const deadline = Date.now() + startMs;
  let last: unknown = 'no answer in time';
  while (server.running() && Date.now() < deadline) {
    // gRPC waits a second after a refused connection, so it is tried only when somebody listens.
    if (await listens(port)) {
      try {
        await prepareNamespace(`127.0.0.1:${port}`, namespace);
        return;
      } catch (error) {
        last = error;
      }
    }
    await Promise.race([server.exited, delay(25)]);
  }
  throw new Error(server.running() ? String(last) : await server.exited, { cause: last });
}

/** Stops a server that an earlier run left behind on this file, so that its ports are free. */
export async function stopLeftoverTemporal(options: {
  readonly dbFile: string;
  readonly logger: Logger;
}): Promise<void> {
  const { logger } = options;
  const dbFile = resolve(options.dbFile);
  for (const pid of findProcesses((line) => isServerOf(dbFile, line))) {
    logger.info(`stopping a Temporal server (pid ${pid}) that an earlier run left behind`);
    if (!(await endProcess(pid, stopSteps)))
      throw new Error(
        `A Temporal server (pid ${pid}) runs on ${dbFile} and does not stop: stop it, or set CHECKOUT_DATA_DIR.`,
      );
  }
}

/** The state is in SQLite, which survives any end: no need to be patient. */
const stopSteps: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 2000 },
  { signal: 'SIGKILL', waitMs: 2000 },
];

/** Words of a command line are separated by NUL on Linux and by blanks elsewhere. */
function isServerOf(dbFile: string, commandLine: string): boolean {
  const words = `${commandLine.replaceAll('\0', ' ')} `;
  return words.includes(' start-dev ') && words.includes(` --db-filename ${dbFile} `);
}
