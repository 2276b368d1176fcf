import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { API_KEY, ShopServer } from '../support/cli/shop-server.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** The real process, as from a shell. */
function spawnCheckout(url: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: { ...process.env, CHECKOUT_URL: url, CHECKOUT_API_KEY: API_KEY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const result = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([exitCode, out, err]) => ({
    exitCode,
    out,
    err,
  }));
  return { child, result };
}

describe('the process', function () {
  // A test starts up to three processes. Each is compiled on the way, while other test files keep the machine busy.
  this.timeout(120_000);
  let shop: ShopServer;
  before(async () => {
    shop = await new ShopServer().start();
  });
  after(() => shop.stop());

  it('prints valid JSON, and exits with 0', async () => {
    const { exitCode, out, err } = await spawnCheckout(shop.url, ['place', '--json']).result;
    assert.equal(err, '');
    assert.equal((JSON.parse(out) as { status: string }).status, 'paid');
    assert.equal(exitCode, 0);
  });

  it('exits with 1 and prints one line when the API refuses', async () => {
    const { exitCode, out, err } = await spawnCheckout(shop.url, ['get', 'nope']).result;
    assert.deepEqual(
      { exitCode, out, err },
      { exitCode: 1, out: '', err: 'order_not_found: There is no such order\n' },
    );
  });

  it('uses no colours with NO_COLOR, and does with FORCE_COLOR', async () => {
    const { orderId } = shop.add('paid');
    const plain = spawnCheckout(shop.url, ['get', orderId], { NO_COLOR: '1' }).result;
    const coloured = spawnCheckout(shop.url, ['get', orderId], { FORCE_COLOR: '1' }).result;
    assert.ok(!(await plain).out.includes('\x1b['));
    assert.ok((await coloured).out.includes('\x1b[32mpaid\x1b[39m'));
  });

  it('exits with 0 when Ctrl-C ends a watch', async () => {
    shop.add('placed');
    const { child, result } = spawnCheckout(shop.url, ['watch', '--every', '20ms']);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    assert.deepEqual([(await result).exitCode, (await result).err], [0, '']);
  });

  it('prints the figures so far when Ctrl-C ends a load', async () => {
    const { child, result } = spawnCheckout(shop.url, [
      'load',
      '--duration',
      '1h',
      '--concurrency',
      '2',
      '--json',
    ]);
    const before = shop.keys.size;
    await waitFor('five orders are placed', () => shop.keys.size >= before + 5);
    child.kill('SIGINT');
    const { exitCode, out } = await result;
    assert.equal(exitCode, 0);
    assert.ok((JSON.parse(out) as { orders: number }).orders >= 5);
  });

  it('migrate says in one line which variable it needs', async () => {
    const { exitCode, err } = await spawnCheckout(shop.url, ['migrate'], { DATABASE_URL: '' }).result;
    assert.equal(exitCode, 1);
    assert.equal(err, 'DATABASE_URL must be set: postgresql://user:password@host:5432/database.\n');
  });

  it('migrate says in one line that the database is not there', async () => {
    const env = { DATABASE_URL: `postgresql://checkout:secret@127.0.0.1:1/checkout` };
    const { exitCode, err } = await spawnCheckout(shop.url, ['migrate'], env).result;
    assert.equal(exitCode, 1);
    assert.match(err, /^The database could not be brought up to date: [^\n]*ECONNREFUSED[^\n]*\n$/);
    assert.doesNotMatch(err, /secret/);
  });

  it('migrate --dry-run prints what would be done, migrate does it, and then there is nothing left to do', async () => {
    const env = { DATABASE_URL: await (await testPostgres()).createEmptyDatabase() };
    const before = await spawnCheckout(shop.url, ['migrate', '--dry-run'], env).result;
    assert.deepEqual([before.exitCode, before.err], [0, '']);
    assert.match(before.out, /^apply migration {2}db\/migrations\/0001_baseline\.sql$/m);
    assert.match(before.out, /^apply functions {2}db\/functions\/refunds\.sql$/m);

    const done = await spawnCheckout(shop.url, ['migrate', '--lock-timeout', '2s'], env).result;
    assert.equal(done.exitCode, 0);
    assert.match(done.out, /The database is up to date\.\n$/);

    const after = await spawnCheckout(shop.url, ['migrate', '--dry-run'], env).result;
    assert.deepEqual([after.exitCode, after.out], [0, 'The database is up to date.\n']);
  });

  it('migrate refuses a database of version 0.1 with one line that says what to do', async () => {
    const url = await (await testPostgres()).createEmptyDatabase();
    const pool = createPool({ url, max: 1 });
    await pool.query(`create table migrations as select '0001_tables'::text as name`);
    await pool.end();
    for (const args of [['migrate'], ['migrate', '--dry-run']]) {
      const { exitCode, out, err } = await spawnCheckout(shop.url, args, { DATABASE_URL: url }).result;
      assert.deepEqual([exitCode, out], [1, '']);
      assert.match(
        err,
        /^The database was made by durable-checkout 0\.1 and cannot be upgraded: remove [^\n]+\n$/,
      );
    }
  });
});
