import type { Pool } from '../../src/adapters/postgres/pool.ts';
import { isFunctionChange, isSourceChange, type Change, type DroppedCheck } from './mutation.ts';
import { changedFunction } from './sql-functions.ts';

/** Makes the changes that concern the database. @returns what reverses them */
export async function mutateDatabase(pool: Pool, changes: readonly Change[]): Promise<() => Promise<void>> {
  const reversals: string[] = [];
  for (const change of changes) {
    if (isSourceChange(change)) continue;
    if (isFunctionChange(change)) {
      const definition = await definitionOf(pool, change.function);
      await pool.query(changedFunction(definition, change));
      reversals.push(definition);
    } else {
      reversals.push(...(await dropChecks(pool, change)));
    }
  }
  return async () => {
    for (const statement of reversals.reverse()) await pool.query(statement);
  };
}

async function definitionOf(pool: Pool, name: string): Promise<string> {
  const { rows } = await pool.query<{ definition: string }>(
    `select pg_get_functiondef(oid) as definition from pg_proc
      where proname = $1 and pronamespace = 'public'::regnamespace`,
    [name],
  );
  const [only, ...others] = rows;
  if (!only || others.length > 0)
    throw new Error(`expected one function ${name} in the database, found ${rows.length}`);
  return only.definition;
}

async function dropChecks(pool: Pool, { table, column }: DroppedCheck): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(c.oid) as definition
       from pg_constraint c
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
      where c.conrelid = $1::regclass and c.contype = 'c' and a.attname = $2`,
    [table, column],
  );
  if (rows.length === 0) throw new Error(`expected a check constraint of ${table}.${column}`);
  for (const { name } of rows) await pool.query(`alter table ${table} drop constraint ${name}`);
  // The rows that the mutation has left need not satisfy the constraint.
  return rows.map(
    ({ name, definition }) => `alter table ${table} add constraint ${name} ${definition} not valid`,
  );
}
