import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaText } from '../support/db/schema-text.ts';
import {
  DB_FOLDER,
  definedFunctions,
  readSqlFiles,
} from '../../src/adapters/postgres/migrations/sql-files.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';

describe('the schema', function () {
  this.timeout(120_000);
  let pool: Pool;

  before(async () => {
    pool = createPool({ url: await (await testPostgres()).createDatabase(), max: 1 });
  });
  after(() => pool.end());

  const definitions = readSqlFiles().functions.flatMap((file) =>
    definedFunctions(file).map((name) => ({ name, file: file.file })),
  );
  const namesInFiles = definitions.map(({ name }) => name);

  const namesInDatabase = async (): Promise<string[]> => {
    const { rows } = await pool.query<{ name: string }>(
      `select proname as name from pg_proc where pronamespace = 'public'::regnamespace`,
    );
    return rows.map(({ name }) => name);
  };

  it('of a freshly migrated database is the one in db/schema.sql; after a change, run `npm run db:schema`', async () => {
    assert.equal(await schemaText(pool), readFileSync(join(DB_FOLDER, 'schema.sql'), 'utf8'));
  });

  it('defines each function once, in one file', () => {
    const twice = namesInFiles.filter((name, n) => namesInFiles.indexOf(name) !== n);
    assert.deepEqual(
      definitions.filter(({ name }) => twice.includes(name)),
      [],
    );
  });

  it('has no function that no file of db/functions defines', async () => {
    assert.deepEqual((await namesInDatabase()).sort(), [...namesInFiles].sort());
  });

  it('creates functions in db/functions only, and triggers in db/triggers.sql only', () => {
    const { functions, migrations } = readSqlFiles();
    for (const name of migrations) {
      const text = readFileSync(join(DB_FOLDER, 'migrations', `${name}.sql`), 'utf8');
      assert.doesNotMatch(text, /create (or replace )?(function|procedure|trigger)|alter function/i, name);
    }
    for (const { file, text } of functions) {
      const allowed =
        file === 'triggers.sql' ? /^create or replace trigger / : /^create or replace function /;
      for (const [statement] of text.matchAll(/^\w[^\n]*/gm))
        if (/^(create|alter|drop)\b/i.test(statement)) assert.match(statement, allowed, file);
    }
  });
});
