import type { Client } from 'pg';
import { pendingIndexes, type PendingIndex } from './indexes.ts';
import type { SqlFile, SqlFiles } from './sql-files.ts';

/** The first migration of version 0.1, whose tables this version cannot use. */
const FIRST_MIGRATION_OF_0_1 = '0001_tables';

/** The SQL functions use `returning old`, which is new in this version. */
const MIN_POSTGRES_VERSION = 18;

/** What has to be done to bring a database up to date. */
export interface MigrationPlan {
  readonly migrations: readonly string[];
  /** The files of functions and triggers that have changed since they were applied. */
  readonly functions: readonly SqlFile[];
  /** The later release whose functions the database has: they stay, and `functions` is empty. */
  readonly newerRelease?: string;
  readonly indexes: readonly PendingIndex[];
}

/** The server is too old, or the database was made by a version that cannot be upgraded. */
export class UnsupportedDatabaseError extends Error {
  override readonly name = 'UnsupportedDatabaseError';
}

/**
 * Only reads.
 *
 * @param release the release that the files belong to: an older release does not replace the functions of a later one, which a
 *   process of that release that is started again during a deploy would do
 * @throws {UnsupportedDatabaseError} for a server that is too old, and for a database of version 0.1
 */
export async function planMigration(
  client: Client,
  files: SqlFiles,
  release: string,
): Promise<MigrationPlan> {
  const { rows } = await client.query<{ version: string }>('show server_version_num');
  requireSupportedServer(Number(rows[0]?.version));
  const applied = new Set(await readColumn(client, 'migrations', 'name'));
  if (applied.has(FIRST_MIGRATION_OF_0_1)) {
    throw new UnsupportedDatabaseError(
      'The database was made by durable-checkout 0.1 and cannot be upgraded: remove the data folder (.data, or ' +
        'CHECKOUT_DATA_DIR), or set DATABASE_URL to an empty database. Nothing was changed.',
    );
  }
  const hashes = new Set(await readColumn(client, 'function_sources', `file || ' ' || hash`));
  const newerRelease = (await readColumn(client, 'function_sources', 'release')).find((other) =>
    isLater(other, release),
  );
  return {
    migrations: files.migrations.filter((name) => !applied.has(name)),
    functions:
      newerRelease === undefined
        ? files.functions.filter(({ file, hash }) => !hashes.has(`${file} ${hash}`))
        : [],
    ...(newerRelease !== undefined && { newerRelease }),
    indexes: await pendingIndexes(client, files.indexes),
  };
}

/**
 * @param versionNumber PostgreSQL's `server_version_num`, such as 180004
 * @throws {UnsupportedDatabaseError} for a server that is too old
 */
export function requireSupportedServer(versionNumber: number): void {
  const version = Math.floor(versionNumber / 10_000);
  if (version < MIN_POSTGRES_VERSION)
    throw new UnsupportedDatabaseError(
      `The server of DATABASE_URL is PostgreSQL ${version}: set DATABASE_URL to a server of version ${MIN_POSTGRES_VERSION} or newer. Nothing was changed.`,
    );
}

/** Whether a release comes after another one, by their numbers (semver.org, 11): `0.10.0` after `0.9.3`, `0.3.0` after `0.3.0-rc.1`. */
function isLater(one: string, other: string): boolean {
  const [core = '', preview] = one.split(/-(.*)/);
  const [otherCore = '', otherPreview] = other.split(/-(.*)/);
  const order = compare(core, otherCore);
  if (order !== 0) return order > 0;
  if (preview === undefined || otherPreview === undefined)
    return preview === undefined && otherPreview !== undefined;
  return compare(preview, otherPreview) > 0;
}

const compare = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });

/** Nothing where the table does not exist yet. */
async function readColumn(client: Client, table: string, expression: string): Promise<string[]> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [table],
  );
  if (found[0]?.exists !== true) return [];
  const { rows } = await client.query<{ value: string }>(`select ${expression} as value from ${table}`);
  return rows.map(({ value }) => value);
}
