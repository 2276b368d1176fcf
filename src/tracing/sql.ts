import { SpanKind, type Attributes, type Tracer } from '@opentelemetry/api';
import type { Pool } from '../adapters/postgres/pool.ts';
import { endFailed, startSpan } from './spans.ts';

/** Statements have constant texts, so there are only so many. */
const MAX_REMEMBERED = 1_000;

/**
 * What a statement does, without its parameters: `SELECT reserve_stock` for a call of an SQL function, `UPDATE mails` for another. `name`: that of
 * the prepared statement, for one that names no table.
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/
 */
export function summaryOf(text: string, name?: string): { operation: string; summary: string } {
  const flat = withoutParentheses(text);
  // What comes before the statement itself, in `with name as (…), …`, has no parentheses any more.
  const statement = /^\s*with\b/i.test(flat)
    ? flat.slice(Math.max(0, flat.search(/\b(?:select|insert|update|delete)\b/i)))
    : flat;
  // Of a union, each part is in parentheses.
  const [verb = 'query'] = /[a-z]+/i.exec(statement) ?? [];
  const operation = /^union$/i.test(verb) ? 'SELECT' : verb.toUpperCase();
  const called = /^\s*select\s+(?:\*\s+from\s+)?([a-z_]\w*)\s*\(\)(?:\s+as\s+\w+)?\s*$/i.exec(statement)?.[1];
  const [, into, from] = /\binto\s+(\w+)|\b(?:from|update|join)\s+(\w+)\b(?!\s*\(\))/i.exec(statement) ?? [];
  const table = into ?? from;
  const target = called ?? (table === 'lateral' ? undefined : table) ?? name;
  return { operation, summary: target === undefined ? operation : `${operation} ${target}` };
}

/** The text with `()` for everything in parentheses, such as a subquery. */
function withoutParentheses(text: string): string {
  let flat = '';
  let depth = 0;
  for (const character of text) {
    if (character === ')') depth -= 1;
    if (depth === 0) flat += character;
    if (character === '(') depth += 1;
  }
  return flat;
}

/** Makes a span of each statement of the pool that belongs to a recorded trace. A statement that polls belongs to none. */
export function traceStatements(tracer: Tracer, pool: Pool, database: string): void {
  const attributesOf = new Map<string, Attributes & { 'db.query.summary': string }>();
  const describe = ({ text, name }: Statement): Attributes & { 'db.query.summary': string } => {
    const known = attributesOf.get(text);
    if (known) return known;
    const { operation, summary } = summaryOf(text, name);
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': database,
      'db.operation.name': operation,
      'db.query.summary': summary,
    };
    if (attributesOf.size < MAX_REMEMBERED) attributesOf.set(text, attributes);
    return attributes;
  };
  const query = pool.query.bind(pool) as (...parameters: unknown[]) => Promise<unknown>;
  const traced = async (...parameters: unknown[]): Promise<unknown> => {
    const attributes = describe(statementOf(parameters[0]));
    const span = startSpan(tracer, attributes['db.query.summary'], SpanKind.CLIENT, attributes);
    if (!span) return query(...parameters);
    try {
      const result = await query(...parameters);
      span.end();
      return result;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code === 'string') span.setAttribute('db.response.status_code', code);
      endFailed(span, error);
      throw error;
    }
  };
  Object.assign(pool, { query: traced });
}

interface Statement {
  readonly text: string;
  readonly name?: string | undefined;
}

function statementOf(given: unknown): Statement {
  if (typeof given === 'string') return { text: given };
  if (typeof given !== 'object' || given === null || !('text' in given)) return { text: '' };
  const name = 'name' in given && typeof given.name === 'string' ? given.name : undefined;
  return { text: String(given.text), name };
}
