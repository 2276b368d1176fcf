import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../../src/platform/logging.ts';
import { type PostgresBinaries, postgresBinaries } from './binaries.ts';
import { ensureCluster, postgresEnvironment } from './cluster.ts';
import { stopLeftoverServer, STOP_STEPS } from './leftover-server.ts';
import { locateCluster, type ClusterLocation } from './cluster-location.ts';
import { readIfExists } from '../files/private-file.ts';
import { startOnFreePorts } from '../processes/free-ports.ts';
import { PortInUseError } from '../processes/port-in-use-error.ts';
import { type ServiceProcess, startService } from '../processes/service-process.ts';

export interface PostgresOptions {
  /** Contains the cluster, its password and its log; created if missing. One server uses it at a time. */
  readonly dataDir: string;
  /** The port on 127.0.0.1; 0: any free port. */
  readonly port: number;
  readonly logger: Logger;
  /** Settings of postgresql.conf that override the defaults, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RunningPostgres {
  /** The URL of the database `checkout`, with the password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason: with its exit status or signal. */
  readonly exited: Promise<string>;
  /** Disconnects all clients and rolls back their open transactions. Safe to call twice. */
  stop(): Promise<void>;
}

const DATABASE = 'checkout';

/** A start usually takes well under a second, recovery after a crash longer. */
const START_TIMEOUT_MS = 60_000;

/** No setting trades safety for speed: a commit is on disk when it is acknowledged. */
const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  huge_pages: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  // Checkpoints by time, not by volume: after each one PostgreSQL writes every changed page in full to the log once more.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // The server has no replicas.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts PostgreSQL with the programs of the npm package. Creates the cluster at the first start, and stops a server that an
 * earlier run left behind on it. Resolves when the database `checkout` accepts connections.
 *
 * @throws {PortInUseError} if another process listens on the port
 * @throws {Error} with one line that says what to do
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const location = locateCluster(options.dataDir);
  if (!location.inDataDir)
    options.logger.info(
      `npm start keeps PostgreSQL's data in ${location.cluster}, because PostgreSQL's user cannot reach ${options.dataDir}`,
    );
  const binaries = postgresBinaries(location.user, options.logger);
  await stopLeftoverServer(location.cluster, options.logger);
  const password = await ensureCluster(location, binaries, options.logger);
  const urlOf = (port: number, name: string): string =>
    `postgresql://postgres:${password}@127.0.0.1:${port}/${name}`;
  const serveOn = async (port: number): Promise<{ port: number; server: ServiceProcess }> => ({
    port,
    server: await serve({ ...options, port }, location, binaries, urlOf(port, 'postgres')),
  });
  const { port, server } =
    options.port === 0
      ? await startOnFreePorts(['port'], (chosen) => serveOn(chosen.port))
      : await serveOn(options.port);
  return {
    url: urlOf(port, DATABASE),
    port,
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      if (!(await server.stop(STOP_STEPS)))
        throw new Error(
          `PostgreSQL (pid ${server.pid}) does not stop. Stop it with: kill -QUIT ${server.pid}`,
        );
    },
  };
}

/** Stops a server that an earlier run left behind on this data, which frees its port. */
export async function stopLeftoverPostgres({
  dataDir,
  logger,
}: Pick<PostgresOptions, 'dataDir' | 'logger'>): Promise<void> {
  if (existsSync(dataDir)) await stopLeftoverServer(locateCluster(dataDir).cluster, logger);
}

async function serve(
  options: PostgresOptions,
  location: ClusterLocation,
  binaries: PostgresBinaries,
  url: string,
): Promise<ServiceProcess> {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings, port: String(options.port) };
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const server = await startService({
      command: binaries.postgres,
      args: [
        '-D',
        location.cluster,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      env: postgresEnvironment(),
      user: location.user,
      logFile: location.logFile,
      lastSignal: 'SIGQUIT', // immediate shutdown, which still frees shared memory
    });
    try {
      await waitUntilReady(server, location.cluster, url, deadline);
      return server;
    } catch (error) {
      const output = server.tail(20);
      await server.stop(STOP_STEPS);
      // After a server was killed, its child processes need a moment to end and to release its shared memory.
      const memoryStillHeld = output.includes('pre-existing shared memory block');
      if (!memoryStillHeld || Date.now() > deadline)
        throw asOneLine(error, output, location.logFile, options.port);
      await delay(100);
    }
  }
}

async function waitUntilReady(
  server: ServiceProcess,
  cluster: string,
  url: string,
  deadline: number,
): Promise<void> {
  // Until this server's lock file says that it is ready, the server that answers on the port may be another one.
  while (!acceptsConnections(cluster, server.pid)) {
    if (!server.running()) throw new Error(await server.exited);
    if (Date.now() > deadline) throw new Error(`it was not ready within ${START_TIMEOUT_MS / 1000} s`);
    await Promise.race([server.exited, delay(20)]);
  }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await createDatabase(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The first line of the lock file is the server's pid, the eighth its state (PostgreSQL's src/include/utils/pidfile.h). */
function acceptsConnections(cluster: string, pid: number): boolean {
  const lines = readIfExists(join(cluster, 'postmaster.pid'))?.split('\n');
  return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** Safe to run at every start. */
async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(DATABASE)}`);
}

function asOneLine(cause: unknown, output: string, logFile: string, port: number): Error {
  const lines = output.split('\n');
  const message =
    lines.find((line) => line.includes('could not bind')) ??
    lines.findLast((line) => /FATAL|ERROR|could not/.test(line)) ??
    String(cause);
  const reason = message.replace(/^[-\d]+ [:.\d]+ UTC \[\d+\] /, '').trim(); // the log_line_prefix above
  const text = `PostgreSQL did not start: ${reason} (its log: ${logFile})`;
  // The system's EADDRINUSE in the locale C, which the server runs in.
  return reason.endsWith('Address already in use')
    ? new PortInUseError(text, port, { cause })
    : new Error(text, { cause });
}
