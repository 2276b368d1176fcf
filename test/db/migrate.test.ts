import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { dryRun, migrate, UnsupportedDatabaseError } from '../../src/adapters/postgres/migrations/migrate.ts';
import { requireSupportedServer } from '../../src/adapters/postgres/migrations/plan.ts';
import { temporaryFolder, testPostgres } from '../../harness/servers/test-servers.ts';
import { waitFor, waitUntilPasses } from '../../harness/wait-for.ts';

const BASELINE = `
  create table things (id integer primary key, name text);
  create table function_sources (file text primary key, hash text not null, release text not null, applied_at timestamptz not null default now());`;
const NAME = (name: string): string =>
  `create or replace function thing_name() returns text language sql as $$ select '${name}' $$;`;
const INDEX = 'create index concurrently things_by_name on things (name);';

describe('migrate', function () {
  this.timeout(120_000);
  let url: string;
  let client: pg.Client;
  let folder: string;
  let lines: string[];

  beforeEach(async () => {
    url = await (await testPostgres()).createEmptyDatabase();
    client = await connect();
    folder = temporaryFolder();
    lines = [];
    write('migrations/0001_baseline.sql', BASELINE);
    write('functions/things.sql', NAME('first'));
  });
  afterEach(() => client.end());

  async function connect(): Promise<pg.Client> {
    const connection = new pg.Client(url);
    await connection.connect();
    return connection;
  }

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  const logger = () =>
    pino(
      { level: 'info', base: null, timestamp: false },
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
  const run = (lockTimeoutMs = 5_000, release = '0.2.0'): Promise<void> =>
    migrate(url, { folder, logger: logger(), lockTimeoutMs, release });

  async function value(text: string): Promise<unknown> {
    const { rows } = await client.query<{ value: unknown }>(`select ${text} as value`);
    return rows[0]?.value;
  }
  const tableExists = (name: string): Promise<unknown> => value(`to_regclass('${name}') is not null`);
  const validIndex = (): Promise<unknown> =>
    value(`(select indisvalid from pg_index where indexrelid = to_regclass('things_by_name'))`);

  it('makes the tables, then the functions, then the triggers, in one transaction', async () => {
    write(
      'triggers.sql',
      'create trigger missing before insert on things execute function no_such_function();',
    );
    await assert.rejects(run(), /db\/triggers\.sql: function no_such_function\(\) does not exist/);
    assert.equal(await tableExists('things'), false);
    assert.equal(await tableExists('migrations'), false);
  });

  it('applies a file of functions again when it has changed, and only then', async () => {
    await run();
    await run();
    assert.deepEqual(lines, [
      'migrate applied a migration',
      'migrate applied the functions that have changed',
    ]);
    write('functions/things.sql', NAME('second'));
    await run();
    assert.equal(await value('thing_name()'), 'second');
    assert.equal(lines.length, 3);
  });

  it('keeps the functions of a later release when an older one runs again', async () => {
    write('functions/things.sql', NAME('later'));
    await run(5_000, '0.10.0');
    write('functions/things.sql', NAME('earlier'));
    await run(5_000, '0.9.3');
    assert.equal(await value('thing_name()'), 'later');
    assert.equal(lines.at(-1), 'the database has the functions of a later release; they stay');
    const plan = await dryRun(url, { folder, release: '0.9.3' });
    assert.deepEqual([plan.functions, plan.newerRelease], [[], '0.10.0']);
    await run(5_000, '0.10.1-rc.1');
    assert.equal(await value('thing_name()'), 'earlier');
    write('functions/things.sql', NAME('released'));
    await run(5_000, '0.10.1');
    assert.equal(await value('thing_name()'), 'released');
    write('functions/things.sql', NAME('preview'));
    await run(5_000, '0.10.1-rc.2');
    assert.equal(await value('thing_name()'), 'released');
  });

  it('accepts functions that call each other, whatever their files are called, and refuses a call of nothing', async () => {
    write('functions/a.sql', 'create or replace function a() returns text language sql as $$ select b() $$;');
    write(
      'functions/b.sql',
      'create or replace function b() returns text language sql as $$ select thing_name() $$;',
    );
    await run();
    assert.equal(await value('a()'), 'first');
    write('functions/a.sql', 'create or replace function a() returns text language sql as $$ select c() $$;');
    await assert.rejects(run(), /function c\(\) does not exist/);
    assert.equal(await value('a()'), 'first');
  });

  it('leaves a function that no file defines any more: processes of the previous version may call it', async () => {
    await run();
    rmSync(join(folder, 'functions/things.sql'));
    await run();
    assert.equal(await value('thing_name()'), 'first');
  });

  it('applies later migrations before the functions that need them', async () => {
    await run();
    write('migrations/0002_colour.sql', 'alter table things add column colour text;');
    write(
      'functions/things.sql',
      'create or replace function thing_colours() returns setof text language sql as $$ select colour from things $$;',
    );
    await run();
    assert.equal(await value('(select count(*)::integer from thing_colours())'), 0);
  });

  it('tells what it would do, and changes nothing', async () => {
    write('indexes/things_by_name.sql', INDEX);
    const plan = await dryRun(url, { folder });
    assert.deepEqual(
      [plan.migrations, plan.functions.map(({ file }) => file), plan.indexes.map(({ name }) => name)],
      [['0001_baseline'], ['functions/things.sql'], ['things_by_name']],
    );
    assert.equal(
      await value(`(select count(*)::integer from pg_class where relnamespace = 'public'::regnamespace)`),
      0,
    );

    await run();
    assert.deepEqual(await dryRun(url, { folder }), { migrations: [], functions: [], indexes: [] });
  });

  it('by several processes at once is done by one; the others wait', async () => {
    write('indexes/things_by_name.sql', INDEX);
    const lock = `hashtextextended('durable-checkout migrate', 0)`;
    const waiting = (): number => lines.filter((line) => line.startsWith('another process')).length;
    await client.query(`select pg_advisory_lock(${lock})`);
    const runs = Promise.all(Array.from({ length: 5 }, () => run()));
    await waitFor('all processes wait', () => waiting() === 5);
    await client.query(`select pg_advisory_unlock(${lock})`);
    await runs;
    assert.deepEqual(lines.filter((line) => !line.startsWith('another process')).sort(), [
      'migrate applied a migration',
      'migrate applied the functions that have changed',
      'migrate builds an index',
    ]);
    assert.equal(waiting(), 5);
    assert.equal(await validIndex(), true);
  });

  it('gives up waiting for the lock of a table, lets others through, and tries again', async () => {
    await run();
    const other = await connect();
    await other.query('begin');
    await other.query('select from things');
    write('migrations/0002_colour.sql', 'alter table things add column colour text;');
    const migrated = run(100);
    await waitUntilPasses(() => {
      assert.ok(lines.some((line) => /locked by another transaction.* retry 1 of 20 follows/.test(line)));
    });
    await other.query('commit');
    await migrated;
    await other.end();
    assert.equal(lines.at(-1), 'migrate applied a migration');
  });

  it('builds an index while the table is written to, outside the transaction', async () => {
    await run();
    write('indexes/things_by_name.sql', `-- Things by name.\n${INDEX}`);
    const other = await connect();
    await other.query('begin');
    await other.query(`insert into things values (1, 'mug')`);
    const migrated = run(100);
    await waitUntilPasses(() => {
      assert.ok(lines.includes('migrate builds an index'));
    });
    await client.query(`insert into things values (2, 'print')`);
    await other.query('commit');
    await migrated;
    await other.end();
    assert.equal(await validIndex(), true);
  });

  it('repairs an index that an earlier build has left invalid, and leaves a valid one alone', async () => {
    await run();
    await client.query(`insert into things values (1, 'mug'), (2, 'mug')`);
    const unique = 'create unique index concurrently things_by_name on things (name);';
    write('indexes/things_by_name.sql', unique);
    await assert.rejects(run(), /could not create unique index "things_by_name"/);
    assert.equal(await validIndex(), false);
    assert.deepEqual((await dryRun(url, { folder })).indexes, [
      { name: 'things_by_name', statement: unique, invalid: true },
    ]);

    await client.query('delete from things where id = 2');
    await run();
    await run();
    assert.equal(await validIndex(), true);
    assert.equal(lines.filter((line) => line === 'migrate builds an index').length, 2);
  });

  it('refuses a file of an index that is not named after its index, or would lock the table', async () => {
    for (const text of [
      'create index concurrently another on things (name)',
      'create index things_by_name on things (name)',
    ]) {
      write('indexes/things_by_name.sql', text);
      await assert.rejects(
        run(),
        /db\/indexes\/things_by_name\.sql must be one statement: create index concurrently things_by_name on/,
      );
    }
    assert.equal(await tableExists('things'), false);
  });

  it('refuses a server that is older than version 18 with one line', () => {
    assert.throws(() => {
      requireSupportedServer(170_006);
    }, /^UnsupportedDatabaseError: The server of DATABASE_URL is PostgreSQL 17: set [^\n]+ 18 or newer\. Nothing was changed\.$/);
    requireSupportedServer(180_000);
  });

  it('refuses a database of version 0.1 with one line, and changes nothing in it', async () => {
    await client.query(`create table migrations (id serial primary key, name varchar(255) not null, run_on timestamp not null);
      insert into migrations (name, run_on) values ('0001_tables', now()), ('0002_append_event', now())`);
    for (const attempt of [() => run(), () => dryRun(url, { folder })])
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof UnsupportedDatabaseError);
        assert.match(
          error.message,
          /^The database was made by durable-checkout 0\.1 and cannot be upgraded: remove [^\n]+$/,
        );
        return true;
      });
    assert.equal(await value('(select count(*)::integer from migrations)'), 2);
    assert.equal(await tableExists('things'), false);
  });
});
