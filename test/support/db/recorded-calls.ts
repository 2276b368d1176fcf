import pg from 'pg';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';

/** A statement that a release sends to PostgreSQL, and its answer. */
export interface RecordedCall {
  readonly statement: string;
  readonly parameters: readonly unknown[];
  /** The rows, with {@link VARIES} for whatever differs from run to run. */
  readonly rows?: unknown;
  /** The SQLSTATE, where PostgreSQL refuses the statement. */
  readonly error?: string;
}

const VARIES = '<varies>';

/** Transaction numbers, durations and statistics of durations. */
const VARYING_MEMBERS = new Set(['tx', 'position', 'ageMs', 'lagMs', 'average', 'p50', 'p95', 'p99']);
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/** Records the statements of all connections of this process while `run` runs, which makes them one after the other. */
export async function recordCalls(run: () => Promise<void>): Promise<RecordedCall[]> {
  const calls: RecordedCall[] = [];
  const query = Reflect.get(pg.Client.prototype, 'query') as unknown as Query;
  const recordingQuery: Query = function (...args) {
    const { statement, parameters } = statementOf(args);
    const record = (error: unknown, result: unknown): void => {
      if (statement.startsWith(NOT_RECORDED)) return;
      calls.push({
        statement,
        parameters: parameters.map(encode),
        ...(error === undefined || error === null ? { rows: rowsOf(result) } : { error: sqlStateOf(error) }),
      });
    };
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const recordingCallback = (error: unknown, result: unknown): unknown => {
        record(error, result);
        return Reflect.apply(callback, undefined, [error, result]);
      };
      return query.apply(this, [...args.slice(0, -1), recordingCallback]);
    }
    return Promise.resolve(query.apply(this, args)).then(
      (result) => {
        record(undefined, result);
        return result;
      },
      (error: unknown) => {
        record(error, undefined);
        throw error;
      },
    );
  };
  Object.defineProperty(pg.Client.prototype, 'query', { value: recordingQuery, configurable: true });
  try {
    await run();
  } finally {
    Object.defineProperty(pg.Client.prototype, 'query', { value: query, configurable: true });
  }
  return calls;
}

/**
 * Sends the recorded statements to a database, on one connection. @returns what a process of that release would miss: a statement
 * that is refused, and a member of an answer that is gone or has another value. Members may be added.
 */
export async function replayCalls(pool: Pool, calls: readonly RecordedCall[]): Promise<string[]> {
  const missing: string[] = [];
  const client = await pool.connect();
  try {
    for (const [n, { statement, parameters, rows, error }] of calls.entries()) {
      if (statement.includes('event_clock_horizon()')) await numberEvents(pool);
      const at = `call ${n + 1}, ${statement.trim().replaceAll(/\s+/g, ' ').slice(0, 80)}`;
      try {
        const result = await client.query<Record<string, unknown>>(statement, parameters.map(decode));
        if (error === undefined) missing.push(...differences(rows, rowsOf(result), at));
        else missing.push(`${at}: is accepted, and was refused with ${error}`);
      } catch (refusal) {
        if (sqlStateOf(refusal) !== error)
          missing.push(`${at}: ${refusal instanceof Error ? refusal.message : String(refusal)}`);
      }
    }
  } finally {
    client.release(true);
  }
  return missing;
}

const NOT_RECORDED = '-- not recorded\n';

/** A process of 0.2 sees events in the read after the one that gave them their positions. */
export async function numberEvents(pool: Pool): Promise<void> {
  await pool.query(`${NOT_RECORDED}select event_clock_horizon()`);
}

function statementOf([first, second]: unknown[]): { statement: string; parameters: unknown[] } {
  const given = typeof first === 'string' ? { text: first } : (first as pg.QueryConfig);
  const values = given.values ?? (Array.isArray(second) ? (second as unknown[]) : []);
  return { statement: given.text, parameters: values as unknown[] };
}

const rowsOf = (result: unknown): unknown => stable((result as pg.QueryResult).rows);

const sqlStateOf = (error: unknown): string =>
  error instanceof pg.DatabaseError && error.code !== undefined ? error.code : String(error);

/** Without what differs from run to run. */
function stable(value: unknown): unknown {
  if (value instanceof Date || (typeof value === 'string' && ISO_TIME.test(value))) return VARIES;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      VARYING_MEMBERS.has(name) && member !== null ? VARIES : stable(member),
    ]),
  );
}

function differences(recorded: unknown, present: unknown, at: string): string[] {
  if (Array.isArray(recorded)) {
    if (!Array.isArray(present)) return [`${at}: is no list`];
    if (recorded.length !== present.length)
      return [`${at}: has ${present.length} elements, and had ${recorded.length}`];
    return recorded.flatMap((element, n) => differences(element, present[n], `${at}[${n}]`));
  }
  if (typeof recorded === 'object' && recorded !== null) {
    if (typeof present !== 'object' || present === null) return [`${at}: is no object`];
    return Object.entries(recorded).flatMap(([name, member]) =>
      Object.hasOwn(present, name)
        ? differences(member, Reflect.get(present, name), `${at}.${name}`)
        : [`${at}.${name}: is missing`],
    );
  }
  return recorded === present
    ? []
    : [`${at}: is ${JSON.stringify(present)}, and was ${JSON.stringify(recorded)}`];
}

/** Parameters as JSON can hold them. */
function encode(value: unknown): unknown {
  if (value instanceof Date) return { $time: value.toISOString() };
  if (Buffer.isBuffer(value)) return { $base64: value.toString('base64') };
  if (Array.isArray(value)) return value.map(encode);
  return value ?? null;
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  if ('$time' in value) return new Date(String(value.$time));
  if ('$base64' in value) return Buffer.from(String(value.$base64), 'base64');
  return value;
}
