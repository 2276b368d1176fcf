import assert from 'node:assert/strict';
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import type { DevState } from '../../dev/dev-state.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { killScripts, runScript, type TestProcess } from '../support/embedded-process.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('npm start', function () {
  this.timeout(120_000);
  const known = new Set<number>();

  afterEach(() => {
    killScripts();
    for (const pid of known) trySignal(pid, 'SIGQUIT');
    known.clear();
  });

  interface Run extends TestProcess {
    readonly dataDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly state: () => DevState;
  }

  async function environment(dataDir = temporaryFolder()): Promise<NodeJS.ProcessEnv> {
    const env: NodeJS.ProcessEnv = { ...process.env, CHECKOUT_DATA_DIR: dataDir, LOG_LEVEL: 'info' };
    delete env['DATABASE_URL'];
    delete env['TEMPORAL_ADDRESS'];
    for (const name of [
      'PORT',
      'POSTGRES_PORT',
      'TEMPORAL_PORT',
      'TEMPORAL_UI_PORT',
      'SANDBOX_PORT',
      'SMTP_PORT',
    ])
      env[name] = String(await freePort());
    return { ...env, CHILD_JOURNAL: join(dataDir, 'journal') };
  }

  function start(env: NodeJS.ProcessEnv, options: SpawnOptions = {}): Run {
    const dataDir = env['CHECKOUT_DATA_DIR'] ?? '';
    const run = runScript('embedded-dev.ts', [], { ...options, env });
    const state = (): DevState => JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8')) as DevState;
    return { ...run, dataDir, env, state };
  }

  async function ready(run: Run): Promise<DevState> {
    await waitFor(
      'it is ready',
      async () => {
        const ended = await Promise.race([run.exited, Promise.resolve(undefined)]);
        if (ended !== undefined) throw new Error(`it ended (${ended}): ${run.output()}`);
        return run.output().includes('is ready');
      },
      60_000,
    );
    for (const { pid } of run.state().children) known.add(pid);
    return run.state();
  }

  const pidOf = (state: DevState, name: string): number =>
    state.children.find((each) => each.name === name)?.pid ?? 0;

  function leftOver(state: DevState): string[] {
    return state.children.filter(({ pid }) => isAlive(pid)).map(({ name }) => name);
  }

  it('shows the addresses, the key and a line to paste; Ctrl-C leaves no process within 10 s', async () => {
    const run = start(await environment());
    const state = await ready(run);
    assert.deepEqual(
      state.children.map(({ name }) => name),
      ['PostgreSQL', 'Temporal', 'sandbox', 'app'],
    );
    assert.equal(statSync(join(run.dataDir, 'dev.json')).mode & 0o777, 0o600);
    const output = run.output();
    for (const shown of [
      `http://127.0.0.1:${run.env['PORT']}/docs`,
      `:${run.env['TEMPORAL_UI_PORT']}`,
      state.apiKey,
    ])
      assert.ok(output.includes(shown), `${shown} in ${output}`);
    assert.match(output, /^curl -sS http.*'Authorization: Bearer .*"demo-\d{14}".*"sku":"mug-01"/m);
    const began = performance.now();
    run.child.kill('SIGINT');
    run.child.kill('SIGINT'); // as npm passes on what the terminal has sent already
    assert.equal(await run.exited, 0);
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(leftOver(state), []);
    assert.ok(!existsSync(join(run.dataDir, 'dev.json')) && !existsSync(join(run.dataDir, 'dev.lock')));
    const journal = readFileSync(join(run.dataDir, 'journal'), 'utf8');
    assert.match(journal, new RegExp(`^${pidOf(state, 'app')} SIGTERM$`, 'm'));
  });

  it('ends within 10 s though the application does not, and at once at a second Ctrl-C', async () => {
    const env = { ...(await environment()), CHILD_DEAF: '1' };
    const patient = start(env);
    const first = await ready(patient);
    let began = performance.now();
    patient.child.kill('SIGINT');
    await patient.exited;
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(leftOver(first), []);

    const impatient = start(env);
    const second = await ready(impatient);
    impatient.child.kill('SIGINT');
    await waitFor('the application is asked to end', () =>
      readFileSync(join(impatient.dataDir, 'journal'), 'utf8').includes(`${pidOf(second, 'app')} SIGTERM`),
    );
    began = performance.now();
    const ended = impatient.exited;
    await waitFor('a second Ctrl-C ends it', () => {
      impatient.child.kill('SIGINT');
      return impatient.child.exitCode !== null;
    });
    assert.equal(await ended, 1);
    assert.ok(performance.now() - began < 2000);
    await waitFor('nothing is left', () => leftOver(second).length === 0);
  });

  it('after kill -9 starts again with its data, on the same ports and with the same key', async () => {
    const env = await environment();
    const first = start(env);
    const before = await ready(first);
    const database = await (await fetch(before.urls['api'] ?? '')).text();
    await query(database, 'create table kept as select 42 as n');
    first.child.kill('SIGKILL');
    await first.exited;
    assert.equal(isAlive(pidOf(before, 'PostgreSQL')), true, 'it lives on');
    const second = start(env);
    const after = await ready(second);
    assert.equal(after.apiKey, before.apiKey);
    assert.deepEqual(leftOver(before), []);
    assert.deepEqual(await query(database, 'select n from kept'), [{ n: 42 }]);
    second.child.kill('SIGTERM');
    assert.equal(await second.exited, 0);
  });

  it('starts each part anew that is killed', async () => {
    const run = start(await environment());
    const before = await ready(run);
    for (const { pid } of before.children) process.kill(pid, 'SIGKILL');
    const after = await waitFor('all run again', () => {
      const { children } = run.state();
      return (
        children.length === 4 &&
        children.every(({ pid }) => leftOver(before).length === 0 && isAlive(pid)) &&
        run.state()
      );
    });
    for (const { pid } of after.children) known.add(pid);
    assert.equal(new Set([...before.children, ...after.children].map(({ pid }) => pid)).size, 8);
    await waitFor('the application answers', () =>
      fetch(after.urls['api'] ?? '').then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    run.child.kill('SIGTERM');
    assert.equal(await run.exited, 0);
    assert.deepEqual(leftOver(after), []);
  });

  it('a second time on the same data says that it runs already; two copies run side by side', async () => {
    const env = await environment();
    const first = start(env);
    const state = await ready(first);
    const again = start(env);
    assert.equal(await again.exited, 1);
    assert.equal(
      again.output(),
      `Already running (pid ${first.pid}) at http://127.0.0.1:${env['PORT']}: stop it, or set CHECKOUT_DATA_DIR and the ports to run a second one.\n`,
    );
    const other = start(await environment());
    await ready(other);
    assert.equal(leftOver(state).length, 4);
    other.child.kill('SIGTERM');
    assert.equal(await other.exited, 0);
    assert.equal(leftOver(state).length, 4, 'the first one goes on');
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);
  });

  it('takes over from a run whose parent was killed', async () => {
    const env = await environment();
    const parent = runScript('embedded-parent.ts', [], { env });
    const state = await waitFor('it is ready', () => {
      const file = join(env['CHECKOUT_DATA_DIR'] ?? '', 'dev.json');
      const found = existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as DevState);
      return found !== false && found.ready && found;
    });
    for (const { pid } of [...state.children, state]) known.add(pid);
    parent.child.kill('SIGKILL');
    await waitFor('it has lost its parent', () => isAlive(state.pid) && !isAlive(parent.pid));
    const run = start(env);
    await ready(run);
    assert.equal(isAlive(state.pid), false);
    assert.deepEqual(leftOver(state), []);
    run.child.kill('SIGTERM');
    assert.equal(await run.exited, 0);
  });

  it('says in one line that a port is taken, and leaves nothing running', async () => {
    const env = await environment();
    const port = Number(env['PORT']);
    const stranger = createServer();
    stranger.listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    try {
      const run = start(env);
      assert.equal(await run.exited, 1);
      assert.equal(
        run.output(),
        `Port ${port} is taken: set PORT to a free one, for example PORT=${port + 1} npm start\n`,
      );
      assert.ok(!existsSync(join(run.dataDir, 'dev.json')) && !existsSync(join(run.dataDir, 'dev.lock')));
    } finally {
      stranger.close();
    }
  });

  it('leaves nothing running when the application cannot start', async () => {
    const env = { ...(await environment()), CHILD_FAILS: '1' };
    const run = start(env);
    const seen = waitFor('PostgreSQL is up', () => /PostgreSQL .* s/.test(run.output()) && run.state());
    assert.equal(await run.exited, 1);
    assert.match(run.output(), /^The app does not start: exit status 3$/m);
    assert.deepEqual(leftOver(await seen.catch(() => ({ children: [] }) as unknown as DevState)), []);
  });
});

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
