import pg from 'pg';
import type { Logger } from 'pino';

export type Pool = pg.Pool;

/** A bigint of PostgreSQL as a number; every count and amount we keep is a safe integer. */
const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is not a safe integer`);
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
  /** Connections at most. */
  max?: number;
  logger?: Logger;
}

/** A pool whose broken idle connections are replaced quietly, as after a restart of PostgreSQL. */
export function createPool({ url, max = 20, logger }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: 'durable-checkout',
    connectionTimeoutMillis: 10_000,
    // Shorter than any step that waits for it: what was given up does not come true later.
    statement_timeout: 8_000,
    query_timeout: 9_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  pool.on('error', (error) =>
    logger?.warn({ code: errorCode(error) }, 'an idle PostgreSQL connection was lost'),
  );
  return pool;
}

/** The SQLSTATE (or system error code) of an error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const IMMEDIATE_RETRIES = 5;

/**
 * Calls one of our SQL functions, which take and answer JSON: one round trip, one transaction, prepared once a
 * connection. A conflict with a concurrent transaction is run again at once.
 */
export async function callFunction<T>(pool: Pool, name: string, argument: unknown): Promise<T> {
  const query = { name, text: `select ${name}($1::jsonb) as answer`, values: [JSON.stringify(argument)] };
  for (let retries = 0; ; retries += 1) {
    try {
      const { rows } = await pool.query<{ answer: T }>(query);
      const [row] = rows;
      if (!row) throw new Error(`${name} answered nothing`);
      return row.answer;
    } catch (error) {
      const code = errorCode(error);
      const conflict = code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
      if (!conflict || retries >= IMMEDIATE_RETRIES) throw error;
    }
  }
}
