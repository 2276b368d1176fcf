import type { Client } from 'pg';
import type { Logger } from 'pino';
import { definedFunctions, type SqlFile } from './sql-files.ts';

const VALIDATORS = { plpgsql: 'plpgsql_validator', sql: 'fmgr_sql_validator' } as const;

/**
 * Applies files of functions and triggers within the transaction of the caller. A function that no file defines any more is left
 * where it is: processes of the previous version may still call it. A migration of a later release drops it.
 *
 * @param release the release that the files belong to
 */
export async function applyFunctions(
  client: Client,
  files: readonly SqlFile[],
  release: string,
  logger?: Logger,
): Promise<void> {
  if (files.length === 0) return;
  // The functions call each other, in no order: their bodies are checked when all of them exist.
  await client.query('set local check_function_bodies = off');
  for (const { file, text, hash } of files) {
    await client.query(text).catch((error: unknown) => {
      throw new Error(`db/${file}: ${messageOf(error)}`, { cause: error });
    });
    await client.query(
      `insert into function_sources (file, hash, release) values ($1, $2, $3)
       on conflict (file) do update
          set hash = excluded.hash, release = excluded.release, applied_at = clock_timestamp()`,
      [file, hash, release],
    );
    logger?.debug({ file: `db/${file}` }, 'migrate applied a file of functions');
  }
  await client.query('set local check_function_bodies = on');
  for (const [language, validator] of Object.entries(VALIDATORS)) {
    await client.query(
      `select ${validator}(p.oid) from pg_proc p join pg_language l on l.oid = p.prolang
        where l.lanname = $1 and p.pronamespace = current_schema()::regnamespace and p.proname = any($2::text[])`,
      [language, files.flatMap(definedFunctions)],
    );
  }
  logger?.info({ files: files.length }, 'migrate applied the functions that have changed');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
