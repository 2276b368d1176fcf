import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../src/platform/logging.ts';
import { startOnFreePorts } from '../processes/free-ports.ts';
import { isListening, listensOn, waitUntilListening } from '../processes/listening.ts';
import { PortInUseError } from '../processes/port-in-use-error.ts';
import { endProcess, type EndStep, findProcesses } from '../processes/process-table.ts';
import { type ServiceProcess, startService } from '../processes/service-process.ts';
import { prepareNamespace, searchAttributes } from './namespace.ts';

export interface TemporalOptions {
  /** The path of the Temporal CLI, see `temporalCliPath`. */
  readonly cli: string;
  /** All ports are on 127.0.0.1; 0: any free port. */
  readonly port: number;
  readonly uiPort: number;
  /** Default: any free port. */
  readonly metricsPort?: number;
  /** The SQLite file of the server's state. Undefined: the state is in memory and is lost when the server ends. */
  readonly dbFile: string | undefined;
  readonly logFile: string;
  readonly namespace: string;
  /** Further namespaces of a new server. */
  readonly moreNamespaces?: readonly string[];
  readonly logger: Logger;
}

export interface RunningTemporal {
  /** `host:port` of the frontend service. */
  readonly address: string;
  readonly port: number;
  readonly uiPort: number;
  readonly uiUrl: string;
  readonly metricsUrl: string;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason: with its exit status or signal. */
  readonly exited: Promise<string>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** A new database is created within a second; the first start on a cold machine may take longer. */
const START_TIMEOUT_MS = 60_000;

/** Settings that differ from the server's defaults, for a server with a single user on one machine. */
export const dynamicConfig: Readonly<Record<string, unknown>> = {
  // By default short timers and retries fire only at the end of a second.
  'history.timerProcessorMaxTimeShift': '20ms',
  // By default the single shard reads each of its queues at most 20 times a second. Under load that delays activities, and it delays
  // timers by ten seconds and more: each timer needs a read of its own because of the short shift above.
  'history.timerProcessorMaxPollRPS': 1000,
  'history.transferProcessorMaxPollRPS': 1000,
  'history.visibilityProcessorMaxPollRPS': 1000,
  'system.enableEagerWorkflowStart': true,
  // The defaults (2,400 requests a second, 10 searches, 2,000 reads for them) are meant for many tenants; here there is one.
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 100_000,
  'frontend.namespaceCount': 100_000,
  'frontend.persistenceMaxQPS': 100_000,
  'history.persistenceMaxQPS': 100_000,
  'matching.persistenceMaxQPS': 100_000,
  // With one polling process on one machine, partitions of a task queue would only forward tasks to each other.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/**
 * SQLite's write-ahead log, synced at every commit: what the server has acknowledged survives a crash of the process and of the
 * machine. It needs one sync for a commit, the default journal several.
 */
const PRAGMAS = ['journal_mode=wal', 'synchronous=full'];

/**
 * Starts Temporal's development server, and stops one that an earlier run left behind on the same file. Resolves when the namespace
 * can be used.
 *
 * @throws {PortInUseError} if another process listens on one of the ports
 * @throws {Error} with one line that says why it did not start
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const dbFile = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  if (dbFile !== undefined) await stopLeftoverTemporal({ dbFile, logger: options.logger });
  const { port, uiPort, metricsPort = 0 } = options;
  const given = { port, uiPort, metricsPort };
  const toChoose = (['port', 'uiPort', 'metricsPort'] as const).filter((name) => given[name] === 0);
  return startOnFreePorts(toChoose, (chosen) => startOn({ ...given, ...chosen }, { ...options, dbFile }));
}

interface Ports {
  readonly port: number;
  readonly uiPort: number;
  readonly metricsPort: number;
}

async function startOn(ports: Ports, options: TemporalOptions): Promise<RunningTemporal> {
  const { dbFile, logFile } = options;
  const { port, uiPort, metricsPort } = ports;
  const server = await startService({
    command: options.cli,
    args: [
      ...argumentsOf({ ...options, port, uiPort }, metricsPort),
      ...(dbFile === undefined ? [] : storageArguments(dbFile)),
    ],
    env: environment(),
    logFile,
  });
  const stop = async (): Promise<void> => {
    await server.stop(STOP_STEPS);
  };
  try {
    await waitUntilReady(server, port, options.namespace);
    for (const other of [uiPort, metricsPort]) await waitUntilListening(server.pid, other);
  } catch (error) {
    await stop();
    throw asOneLine(error, server.tail(), logFile, ports);
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    uiPort,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    pid: server.pid,
    exited: server.exited,
    stop,
  };
}

function asOneLine(cause: unknown, output: string, logFile: string, ports: Ports): Error {
  const reason = output.split('\n').findLast((line) => /error|fatal|in use/i.test(line)) ?? String(cause);
  const text = `The Temporal server did not start: ${reason.trim()} (its log: ${logFile})`;
  const taken = /:(\d+): bind: address already in use/.exec(reason)?.[1];
  if (taken === undefined && !(cause instanceof PortInUseError)) return new Error(text, { cause });
  // The server chooses the ports of its inner services itself.
  const port = [ports.port, ports.uiPort, ports.metricsPort].find((each) => each === Number(taken));
  return new PortInUseError(text, cause instanceof PortInUseError ? cause.port : port, { cause });
}

function argumentsOf(
  { port, uiPort, namespace, moreNamespaces = [] }: TemporalOptions,
  metricsPort: number,
): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--metrics-port', String(metricsPort)],
    ...[namespace, ...moreNamespaces].flatMap((name) => ['--namespace', name]),
    ...['--log-level', 'error', '--ui-disable-news-fetch'],
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

function storageArguments(dbFile: string): string[] {
  return ['--db-filename', dbFile, ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])];
}

/** Returns this process's environment without the variables of Temporal's clients, which the CLI would also read. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function waitUntilReady(server: ServiceProcess, port: number, namespace: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let lastError: unknown = `it was not ready within ${START_TIMEOUT_MS / 1000} s`;
  while (server.running() && Date.now() < deadline) {
    // After a refused connection gRPC waits a second, so a connection is tried only when the server listens. Until then the server
    // that answers on the port may be another one.
    if ((await isListening(port)) && listensOn(server.pid, port)) {
      try {
        await prepareNamespace(`127.0.0.1:${port}`, namespace);
        return;
      } catch (error) {
        lastError = error;
      }
    }
    await Promise.race([server.exited, delay(25)]);
  }
  throw new Error(server.running() ? String(lastError) : await server.exited, { cause: lastError });
}

/** Stops a server that an earlier run left behind on this file, which frees its ports. */
export async function stopLeftoverTemporal(options: {
  readonly dbFile: string;
  readonly logger: Logger;
}): Promise<void> {
  const { logger } = options;
  const dbFile = resolve(options.dbFile);
  for (const pid of findProcesses((line) => isServerOf(dbFile, line))) {
    logger.info(`npm start stops the Temporal server of an earlier run (pid ${pid})`);
    if (!(await endProcess(pid, STOP_STEPS)))
      throw new Error(
        `A Temporal server (pid ${pid}) runs on ${dbFile} and does not stop. Stop it, or set CHECKOUT_DATA_DIR to another folder.`,
      );
  }
}

/** The times are short because the state is in SQLite, which survives a SIGKILL. */
const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 2000 },
  { signal: 'SIGKILL', waitMs: 2000 },
];

/** Words of a command line are separated by NUL on Linux and by blanks elsewhere. */
function isServerOf(dbFile: string, commandLine: string): boolean {
  const words = `${commandLine.replaceAll('\0', ' ')} `;
  return words.includes(' start-dev ') && words.includes(` --db-filename ${dbFile} `);
}
