import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { CONNECTION_OPTIONS, endConnection, SESSION_TIMEOUTS } from '../connection.ts';
import type { Logger } from 'pino';
import { VERSION } from '../../../platform/version.ts';
import { errorCode } from '../pool.ts';
import { inTransaction } from '../transaction.ts';
import { applyFunctions } from './functions.ts';
import { buildIndexes } from './indexes.ts';
import { type MigrationPlan, planMigration } from './plan.ts';
import { readSqlFiles, type SqlFiles } from './sql-files.ts';

export { UnsupportedDatabaseError } from './plan.ts';

export interface MigrateOptions {
  readonly logger?: Logger;
  /**
   * How long a statement waits for the lock of a table, in milliseconds; default 5000. While it waits, all later statements on
   * the table wait behind it: so it gives up, lets them through, and is retried.
   */
  readonly lockTimeoutMs?: number;
  /** Where the SQL files are; default: the folder `db` of the project. */
  readonly folder?: string;
  /** The release that the files belong to; default: the version of the project. */
  readonly release?: string;
}

const DEFAULT_LOCK_TIMEOUT_MS = 5_000;
const MAX_LOCK_RETRIES = 20;
const LOCK_RETRY_PAUSE_MS = 1_000;
const OTHER_PROCESS_POLL_MS = 200;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK_DETECTED = '40P01';

/**
 * Brings the database up to date: the migrations, and the functions and triggers that have changed, in one transaction; then the
 * indexes that are built concurrently. Safe to run at any time and by several processes at once: one does it, the others wait.
 *
 * @throws {UnsupportedDatabaseError} for a server that is too old, and for a database of version 0.1; then nothing is changed
 */
export async function migrate(
  databaseUrl: string,
  { logger, lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS, folder, release = VERSION }: MigrateOptions = {},
): Promise<void> {
  const files = readSqlFiles(folder);
  await withClient(databaseUrl, async (client) => {
    // Refused before anything is written, and before a process waits for its turn.
    await planMigration(client, files, release);
    await takeTurn(client, logger);
    await client.query(`set lock_timeout = ${lockTimeoutMs}`);
    await retryLocks(() => applyPlan(client, files, release, logger), lockTimeoutMs, logger);
    const { indexes } = await planMigration(client, files, release);
    await buildIndexes(client, indexes, logger);
  });
}

/** What {@link migrate} would do. Changes nothing. */
export async function dryRun(
  databaseUrl: string,
  { folder, release = VERSION }: Pick<MigrateOptions, 'folder' | 'release'> = {},
): Promise<MigrationPlan> {
  return withClient(databaseUrl, (client) => planMigration(client, readSqlFiles(folder), release));
}

async function applyPlan(
  client: pg.Client,
  files: SqlFiles,
  release: string,
  logger?: Logger,
): Promise<void> {
  const { migrations, functions, newerRelease } = await planMigration(client, files, release);
  if (newerRelease !== undefined)
    logger?.warn({ release, newerRelease }, 'the database has the functions of a later release; they stay');
  if (migrations.length === 0 && functions.length === 0) return;
  await inTransaction(client, async (transaction) => {
    if (migrations.length > 0) await runMigrations(transaction, files, logger);
    await applyFunctions(transaction, functions, release, logger);
  });
}

/** Within the transaction of the caller. */
async function runMigrations(
  client: pg.Client,
  { migrationsFolder }: SqlFiles,
  logger?: Logger,
): Promise<void> {
  const migrations = await runner({
    dbClient: client,
    dir: migrationsFolder,
    direction: 'up',
    migrationsTable: 'migrations',
    checkOrder: true,
    noLock: true,
    // Neither the runner nor a migration begins a transaction: the functions belong to the same one.
    singleTransaction: false,
    migrationLoaderStrategies: [{ extensions: ['.sql'], loader: loadWithoutTransaction }],
    log: (message: string) => logger?.trace(message),
  });
  for (const { name } of migrations) logger?.info({ migration: name }, 'migrate applied a migration');
}

const loadWithoutTransaction = (paths: string[]) =>
  Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8');
      const up = (pgm: { noTransaction(): void; sql(text: string): void }): void => {
        pgm.noTransaction();
        pgm.sql(text);
      };
      return { id: path, filePaths: [path], actions: { up, down: false as const } };
    }),
  );

/**
 * One process at a time, until its connection ends. A process that waits asks again and again: a statement that waited in
 * PostgreSQL would hold a snapshot, for whose end a concurrent build of an index waits.
 */
async function takeTurn(client: pg.Client, logger?: Logger): Promise<void> {
  for (let round = 0; ; round += 1) {
    const { rows } = await client.query<{ taken: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('durable-checkout migrate', 0)) as taken`,
    );
    if (rows[0]?.taken === true) return;
    if (round === 0) logger?.info('another process migrates the database; waiting for it to finish');
    await delay(OTHER_PROCESS_POLL_MS);
  }
}

async function retryLocks(run: () => Promise<void>, lockTimeoutMs: number, logger?: Logger): Promise<void> {
  for (let retry = 1; ; retry += 1) {
    try {
      await run();
      return;
    } catch (error) {
      const code = errorCode(error) ?? errorCode(error instanceof Error ? error.cause : undefined);
      const isLockConflict = code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED;
      if (!isLockConflict || retry > MAX_LOCK_RETRIES) throw error;
      logger?.warn(
        { lockTimeoutMs, pauseMs: LOCK_RETRY_PAUSE_MS },
        `a table is locked by another transaction; the migration was rolled back, retry ${retry} of ${MAX_LOCK_RETRIES} follows`,
      );
      await delay(LOCK_RETRY_PAUSE_MS);
    }
  }
}

async function withClient<T>(databaseUrl: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'durable-checkout migrate',
    // No timeout of statements: a change of a large table takes as long as it takes.
    connectionTimeoutMillis: SESSION_TIMEOUTS.connectionTimeoutMillis,
    ...CONNECTION_OPTIONS,
  });
  // A lost connection fails the statement that runs, or the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await endConnection(client);
  }
}
