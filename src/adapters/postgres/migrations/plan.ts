import type { Client } from 'pg';
import { pendingIndexes, type PendingIndex } from './indexes.ts';
import type { SqlFile, SqlFiles } from './sql-files.ts';

/** The first migration of version 0.1, whose tables this version cannot use. */
const FIRST_MIGRATION_OF_0_1 = '0001_tables';

/** What has to be done to bring a database up to date. */
export interface MigrationPlan {
  readonly migrations: readonly string[];
  /** The files of functions and triggers that have changed since they were applied. */
  readonly functions: readonly SqlFile[];
  /** The later release whose functions the database has: they stay, and `functions` is empty. */
  readonly newerRelease?: string;
  readonly indexes: readonly PendingIndex[];
}

/** The database was made by a version that cannot be upgraded. */
export class UnsupportedDatabaseError extends Error {
  override readonly name = 'UnsupportedDatabaseError';
}

/**
 * Only reads.
 *
 * @param release the release that the files belong to: an older release does not replace the functions of a later one, which a
 *   process of that release that is started again during a deploy would do
 * @throws {UnsupportedDatabaseError} for a database of version 0.1
 */
export async function planMigration(
  client: Client,
  files: SqlFiles,
  release: string,
): Promise<MigrationPlan> {
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

/** Compares releases such as `0.2.0` and `0.10.1` by their numbers. */
const isLater = (one: string, other: string): boolean =>
  one.localeCompare(other, 'en', { numeric: true }) > 0;

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
