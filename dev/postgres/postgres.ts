import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../../src/platform/logging.ts';
import { type PostgresBinaries, postgresBinaries } from './binaries.ts';
import { ensureCluster, postgresEnvironment } from './cluster.ts';
import { stopLeftover, stopSteps } from './orphan.ts';
import { placeFor, type PostgresPlace } from './place.ts';
import { readIfThere } from '../private-file.ts';
import { type ServiceProcess, startService } from '../processes/service-process.ts';

export interface PostgresOptions {
  /** Holds the cluster, its password and its log; made if missing. Private to one server. */
  readonly dataDir: string;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly logger: Logger;
  /** Settings of postgresql.conf over ours, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RunningPostgres {
  /** Of the database `checkout`; holds the password. */
  readonly url: string;
  readonly pid: number;
  /** Settles when the server has ended, whoever ended it: says how. */
  readonly exited: Promise<string>;
  /** Orderly: clients are cut off, what they had open is rolled back. Safe to call twice. */
  stop(): Promise<void>;
}

const database = 'checkout';

/** Recovery after a crash may take a while; a start takes well under a second. */
const startMs = 60_000;

/** Nothing here trades safety for speed: a commit is on disk when it is acknowledged. */
const defaultSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  huge_pages: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  // Checkpoints by time, not by volume, so that a load does not write every page twice.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Nobody replicates from it.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Runs PostgreSQL from the npm package's programs: makes the cluster at the first start, takes over from a server that an earlier
 * run left behind, and returns when the database `checkout` answers.
 * @throws with one line that says what to do, when it cannot
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const place = placeFor(options.dataDir);
  if (!place.asAsked)
    options.logger.info(`PostgreSQL's user cannot reach ${options.dataDir}: its data is in ${place.cluster}`);
  const binaries = postgresBinaries(place.user, options.logger);
  await stopLeftover(place.cluster, options.logger);
  const password = await ensureCluster(place, binaries, options.logger);
  const urlOf = (name: string): string =>
    `postgresql://postgres:${password}@127.0.0.1:${options.port}/${name}`;
  const server = await serve(options, place, binaries, urlOf('postgres'));
  return {
    url: urlOf(database),
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      if (!(await server.stop(stopSteps))) throw new Error(`PostgreSQL (pid ${server.pid}) does not stop`);
    },
  };
}

/** Stops a server that an earlier run left behind on this data, so that its port is free. */
export async function stopLeftoverPostgres({
  dataDir,
  logger,
}: Pick<PostgresOptions, 'dataDir' | 'logger'>): Promise<void> {
  if (existsSync(dataDir)) await stopLeftover(placeFor(dataDir).cluster, logger);
}

async function serve(
  options: PostgresOptions,
  place: PostgresPlace,
  binaries: PostgresBinaries,
  url: string,
): Promise<ServiceProcess> {
  const settings = { ...defaultSettings, ...options.settings, port: String(options.port) };
  const deadline = Date.now() + startMs;
  for (;;) {
    const server = await startService({
      command: binaries.postgres,
      args: [
        '-D',
        place.cluster,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      env: postgresEnvironment(),
      user: place.user,
      logFile: place.logFile,
      lastSignal: 'SIGQUIT', // immediate, yet it cleans up after itself
    });
    try {
      await ready(server, place.cluster, url, deadline);
      return server;
    } catch (error) {
      const output = server.tail(20);
      await server.stop(stopSteps);
      // Where the server itself was killed, its children take a moment to notice and let go of its memory.
      const memoryStillHeld = output.includes('pre-existing shared memory block');
      if (!memoryStillHeld || Date.now() > deadline) throw asOneLine(error, output, place.logFile);
      await delay(100);
    }
  }
}

async function ready(server: ServiceProcess, cluster: string, url: string, deadline: number): Promise<void> {
  // Until the server itself says so, whoever answers on the port may be another one.
  while (!acceptsConnections(cluster, server.pid)) {
    if (!server.running()) throw new Error(await server.exited);
    if (Date.now() > deadline) throw new Error('not ready in time');
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

/** The lock file's first line is the server's pid, and the eighth its state (PostgreSQL's utils/pidfile.h). */
function acceptsConnections(cluster: string, pid: number): boolean {
  const lines = readIfThere(join(cluster, 'postmaster.pid'))?.split('\n');
  return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** Safe to run at every start. */
async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
  if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
}

function asOneLine(cause: unknown, output: string, logFile: string): Error {
  const lines = output.split('\n');
  const said =
    lines.find((line) => line.includes('could not bind')) ??
    lines.findLast((line) => /FATAL|ERROR|could not/.test(line)) ??
    String(cause);
  const why = said.replace(/^[-\d]+ [:.\d]+ UTC \[\d+\] /, '').trim(); // our log_line_prefix
  return new Error(`PostgreSQL does not start: ${why} (its log: ${logFile})`, { cause });
}
