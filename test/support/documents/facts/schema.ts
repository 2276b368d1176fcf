import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from '../checks/sql.ts';

/** Reads `db/schema.sql`, which a test compares with a freshly migrated database. */
export function readSchema(root: string): Schema {
  const text = readFileSync(join(root, 'db/schema.sql'), 'utf8');
  const namesBy = (pattern: RegExp): Set<string> =>
    new Set([...text.matchAll(pattern)].map(([, name = '']) => name));
  return {
    tables: namesBy(/^create table (\w+)/gm),
    functions: namesBy(/^-- (\w+)\(.*\) returns /gm),
    words: namesBy(/([a-z_]\w*)/g),
  };
}
