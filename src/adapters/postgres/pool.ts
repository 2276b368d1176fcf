import pg from 'pg';
import type { Logger } from 'pino';
import { CONNECTION_OPTIONS } from './connection.ts';

export type Pool = pg.Pool;

/** Converts a bigint of PostgreSQL to a number: every count and amount that we store is a safe integer. */
const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`PostgreSQL returned ${text}, which is not a safe integer`);
  return value;
};

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? parseInt8
      : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

export interface PoolOptions {
  url: string;
  /** Maximum number of connections. */
  max?: number;
  logger?: Logger;
}

/** Creates a pool that replaces broken idle connections, as after a restart of PostgreSQL, and logs them. */
export function createPool({ url, max = 20, logger }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: 'durable-checkout',
    connectionTimeoutMillis: 10_000,
    // Shorter than the timeout of any step that waits for a statement, so that none takes effect after its step gave up.
    statement_timeout: 8_000,
    query_timeout: 9_000,
    // Shorter than the statement's, so that the error says that a lock was the reason.
    lock_timeout: 7_000,
    // Ends the transaction of a process that hangs, which would hold its locks and delay every event.
    idle_in_transaction_session_timeout: 60_000,
    ...CONNECTION_OPTIONS,
  });
  pool.on('error', (error) =>
    logger?.warn({ code: errorCode(error) }, 'pool lost an idle PostgreSQL connection'),
  );
  return pool;
}

/** Returns the SQLSTATE (or system error code) of an error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const MAX_CONFLICT_RETRIES = 5;

/**
 * Calls one of our SQL functions, which take and return JSON: one round trip and one transaction, prepared once for each connection.
 * Retries at once after a conflict with a concurrent transaction.
 */
export async function callFunction<T>(pool: Pool, name: string, argument: unknown): Promise<T> {
  const query = { name, text: `select ${name}($1::jsonb) as result`, values: [JSON.stringify(argument)] };
  for (let retries = 0; ; retries += 1) {
    try {
      const { rows } = await pool.query<{ result: T }>(query);
      const [row] = rows;
      if (!row) throw new Error(`SQL function ${name} returned no row`);
      return row.result;
    } catch (error) {
      const code = errorCode(error);
      const conflict = code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
      if (!conflict || retries >= MAX_CONFLICT_RETRIES) throw error;
    }
  }
}
