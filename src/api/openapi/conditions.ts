import { isObject, mapValues, type Json } from './walk.ts';

const CONDITIONS = ['if', 'then', 'else'];

/**
 * The schemas without `if`, `then` and `else`. Generators of clients ignore them, and linters take the schema of a condition for one of
 * the whole object; a description says in words what they require. Requests are checked with them.
 */
export const withoutConditions = (schemas: Json): Json =>
  mapValues(schemas, (schema) =>
    isObject(schema)
      ? Object.fromEntries(Object.entries(schema).filter(([key]) => !CONDITIONS.includes(key)))
      : schema,
  );
