import { basename } from 'node:path';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import type { SqlFile } from './sql-files.ts';

/** An index that does not exist, or that an interrupted build has left invalid. */
export interface PendingIndex {
  readonly name: string;
  readonly statement: string;
  readonly invalid: boolean;
}

/** `create index concurrently` with the name of the file: checked, since it is the name by which the index is looked for. */
const CREATE_INDEX = /^\s*create\s+(?:unique\s+)?index\s+concurrently\s+(\w+)\s+on\s/i;

export async function pendingIndexes(client: Client, files: readonly SqlFile[]): Promise<PendingIndex[]> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `select c.relname as name, i.indisvalid as valid
       from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace = current_schema()::regnamespace and c.relname = any($1::text[])`,
    [files.map(nameOf)],
  );
  const validByName = new Map(rows.map(({ name, valid }) => [name, valid]));
  return files
    .filter((file) => validByName.get(nameOf(file)) !== true)
    .map((file) => ({
      name: nameOf(file),
      statement: file.text,
      invalid: validByName.get(nameOf(file)) === false,
    }));
}

/**
 * Builds indexes while the tables are in use, one after the other. `create index concurrently` cannot run in a transaction: when
 * it fails it leaves an invalid index, which the next call drops and builds again.
 */
export async function buildIndexes(
  client: Client,
  indexes: readonly PendingIndex[],
  logger?: Logger,
): Promise<void> {
  if (indexes.length === 0) return;
  // A concurrent build blocks neither reads nor writes, and has to wait for transactions that began before it.
  await client.query('set lock_timeout = 0');
  await client.query('set statement_timeout = 0');
  for (const { name, statement, invalid } of indexes) {
    if (invalid) {
      logger?.warn({ index: name }, 'an earlier build left the index invalid; it is built again');
      await client.query(`drop index concurrently ${client.escapeIdentifier(name)}`);
    }
    logger?.info({ index: name }, 'migrate builds an index');
    await client.query(statement);
  }
}

function nameOf({ file, text }: SqlFile): string {
  const name = basename(file, '.sql');
  const withoutComments = text.replaceAll(/--.*$/gm, '');
  if (CREATE_INDEX.exec(withoutComments)?.[1] !== name)
    throw new Error(`db/${file} must be one statement: create index concurrently ${name} on …`);
  return name;
}
