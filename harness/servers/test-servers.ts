import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { startPostgres } from '../../dev/postgres/postgres.ts';
import { temporalCliPath } from '../../dev/temporal/cli.ts';
import { startTemporal } from '../../dev/temporal/server.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { sharedServer } from './shared.ts';

/**
 * The real servers for the tests. Each is started at the first call, shared by all test files and by all processes of a test run
 * (see `shared.ts`), and ends with the run, also when that is killed. The first call may download a server: give its hook a timeout
 * of a minute or two.
 */
export interface TestPostgres {
  /** Creates an empty database with the current schema, in about 50 ms, and returns its URL. */
  createDatabase(): Promise<string>;
  /** Creates a database without a schema and returns its URL. */
  createEmptyDatabase(): Promise<string>;
}

export interface TestTemporal {
  /** `host:port` of the frontend service. */
  address: string;
  /** A namespace that no other process of the test run uses, with the search attributes. */
  namespace: string;
}

export const testLogger = createLogger({ level: 'warn', component: 'test' });

/** Mocha numbers the processes of a parallel run from 0; a process that runs all test files has no number. */
const WORKER = Number(process.env['MOCHA_WORKER_ID'] ?? 0);
const MAX_WORKERS = 8;
const namespaceOf = (worker: number): string => `test-${worker}`;

const folders: string[] = [];
const stops: (() => Promise<void>)[] = [];

/** The URL of the server, whose database `migrated` has the current schema. */
const postgresServer = sharedServer('postgres', async () => {
  const dataDir = temporaryFolder();
  const server = await startPostgres({
    dataDir,
    port: 0,
    logger: testLogger,
    // The tests kill processes and not machines, and the operating system keeps what a killed process has written.
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '400' },
  });
  endWithThisProcess(server.pid, 'INT', dataDir);
  stops.push(() => server.stop());
  const admin = new pg.Client({ connectionString: urlOf(server.url, 'postgres') });
  await admin.connect();
  await admin.query('create database migrated');
  await admin.end();
  await migrate(urlOf(server.url, 'migrated'));
  return server.url;
});

export const testPostgres = once(async (): Promise<TestPostgres> => {
  const url = await postgresServer();
  const admin = new pg.Pool({ connectionString: urlOf(url, 'postgres'), max: 4, allowExitOnIdle: true });
  admin.on('error', () => undefined); // the server closes an idle connection when it stops
  stops.push(() => admin.end());
  let count = 0;
  const create = async (template: string): Promise<string> => {
    const name = `test_${WORKER}_${++count}`;
    await admin.query(`create database ${name} template ${template}`);
    return urlOf(url, name);
  };
  return {
    createDatabase: () => create('migrated'),
    createEmptyDatabase: () => create('template1'),
  };
});

const temporalServer = sharedServer('temporal', async () => {
  const folder = temporaryFolder();
  const server = await startTemporal({
    cli: await temporalCliPath({ given: process.env['TEMPORAL_CLI'], dataDir: '.data', logger: testLogger }),
    port: 0,
    uiPort: 0,
    dbFile: undefined,
    logFile: join(folder, 'temporal.log'),
    namespace: namespaceOf(0),
    moreNamespaces: Array.from({ length: MAX_WORKERS - 1 }, (_, index) => namespaceOf(index + 1)),
    logger: testLogger,
  });
  endWithThisProcess(server.pid, 'TERM', folder);
  stops.push(() => server.stop());
  return server.address;
});

/** Temporal's development server, with its state in memory. */
export async function testTemporal(): Promise<TestTemporal> {
  if (WORKER >= MAX_WORKERS)
    throw new Error(
      `Temporal has no namespace for this process: run mocha with --jobs ${MAX_WORKERS} at most.`,
    );
  return { address: await temporalServer(), namespace: namespaceOf(WORKER) };
}

/** Stops all servers of this process and removes its temporary folders. Safe to call twice. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
  removeFolders();
}

// Mocha ends the processes of a parallel run without a hook of its own.
process.on('exit', removeFolders);

function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Creates a temporary folder, which is removed when this process ends. As root, PostgreSQL runs as another user, who may enter it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'durable-checkout-test-'));
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

/**
 * Ends a server and removes its folder when this process has ended, however it ended. A detached shell waits for the end of its
 * standard input, which is a pipe from this process, and then stops the server.
 */
export function endWithThisProcess(pid: number, signal: 'INT' | 'TERM', folder: string): void {
  const script =
    'cat >/dev/null; kill -s "$2" "$1" 2>/dev/null; ' +
    'for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || break; sleep 1; done; ' +
    'kill -s QUIT "$1" 2>/dev/null; rm -rf "$3"';
  const watchdog = spawn('sh', ['-c', script, 'sh', String(pid), signal, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
}

function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}
