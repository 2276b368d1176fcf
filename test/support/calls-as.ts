import type { Actor } from '../../src/contracts/actor.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

/** A pool whose users are the actor: each item that one of our SQL functions is called with names it. */
export const callsAs = (actor: Actor, pool: Pool): Pool =>
  new Proxy(pool, {
    get: (target, name): unknown =>
      name === 'query'
        ? (query: unknown, ...others: unknown[]): unknown =>
            Reflect.apply(queryOf(target), target, [namedBy(actor, query), ...others])
        : Reflect.get(target, name, target),
  });

type Query = (...args: unknown[]) => unknown;
const queryOf = (pool: Pool): Query => Reflect.get(pool, 'query');

function namedBy(actor: Actor, query: unknown): unknown {
  if (!isFunctionCall(query)) return query;
  const items: unknown = JSON.parse(String(query.values[0]));
  if (!Array.isArray(items)) return query;
  const named = items.map((item: unknown) =>
    typeof item === 'object' && item !== null ? { ...item, actor } : item,
  );
  return { ...query, values: [JSON.stringify(named)] };
}

const isFunctionCall = (query: unknown): query is { text: string; values: unknown[] } =>
  typeof query === 'object' &&
  query !== null &&
  'text' in query &&
  /^select \w+\(\$1::jsonb\)/.test(String(query.text)) &&
  'values' in query &&
  Array.isArray(query.values);
