import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from '../checks/sql.ts';
import { namesIn } from '../text/names-in.ts';

/** Reads `db/schema.sql`, which a test compares with a freshly migrated database. */
export function readSchema(root: string): Schema {
  const text = readFileSync(join(root, 'db/schema.sql'), 'utf8');
  return {
    tables: new Set(namesIn(text, /^create table (\w+)/gm)),
    functions: new Set(namesIn(text, /^-- (\w+)\(.*\) returns /gm)),
    words: new Set(namesIn(text, /([a-z_]\w*)/g)),
  };
}
