/** Writes `db/schema.sql` from a freshly migrated database: `npm run db:schema`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DB_FOLDER } from '../../src/adapters/postgres/migrations/sql-files.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { stopAll, testPostgres } from '../../harness/servers/test-servers.ts';
import { schemaText } from '../../test/support/db/schema-text.ts';

const pool = createPool({ url: await (await testPostgres()).createDatabase(), max: 1 });
try {
  writeFileSync(join(DB_FOLDER, 'schema.sql'), await schemaText(pool));
  console.log('db/schema.sql is written.');
} finally {
  await pool.end();
  await stopAll();
}
