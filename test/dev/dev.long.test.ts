import assert from 'node:assert/strict';
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { DevState } from '../../dev/dev-state.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { isAlive, trySignal } from '../../dev/processes/process-table.ts';
import { temporaryFolder, testPostgres } from '../../harness/servers/test-servers.ts';
import { killScripts, runScript, type TestProcess } from '../support/run-script.ts';
import { needTemporalCli, PORTS, takenPortIn, variablesOf } from '../support/system.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('npm start', function () {
  this.timeout(120_000);
  const startedPids = new Set<number>();

  afterEach(() => {
    killScripts();
    for (const pid of startedPids) trySignal(pid, 'SIGQUIT');
    startedPids.clear();
  });

  interface Run extends TestProcess {
    readonly dataDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly state: () => DevState;
  }

  /** On data of its own. */
  function environment(settings: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const dataDir = temporaryFolder();
    const env: NodeJS.ProcessEnv = { ...process.env, CHECKOUT_DATA_DIR: dataDir, LOG_LEVEL: 'info' };
    delete env['DATABASE_URL'];
    delete env['TEMPORAL_ADDRESS'];
    return { ...env, FAKE_APP_LOG: join(dataDir, 'app.log'), ...settings };
  }

  function start(env: NodeJS.ProcessEnv, options: SpawnOptions = {}): Run {
    const dataDir = env['CHECKOUT_DATA_DIR'] ?? '';
    const run = runScript('dev/start-dev.ts', [], { ...options, env });
    const state = (): DevState => JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8')) as DevState;
    return { ...run, dataDir, env, state };
  }

  async function ready(run: Run): Promise<DevState> {
    await waitFor(
      'it is ready',
      async () => {
        const ended = await Promise.race([run.exited, Promise.resolve(undefined)]);
        if (ended !== undefined)
          throw takenPortIn(run.output()) ?? new Error(`it ended (${ended}): ${run.output()}`);
        return run.output().includes('durable-checkout is ready');
      },
      60_000,
    );
    for (const { pid } of run.state().children) startedPids.add(pid);
    return run.state();
  }

  /** Starts it on free ports, and waits until it is ready. `env` is the environment for another run on the same data and ports. */
  async function startReady(
    settings?: NodeJS.ProcessEnv,
  ): Promise<{ run: Run; env: NodeJS.ProcessEnv; state: DevState }> {
    await needTemporalCli();
    return startOnFreePorts(PORTS, async (ports) => {
      const env = { ...environment(settings), ...variablesOf(ports) };
      const run = start(env);
      return { run, env, state: await ready(run) };
    });
  }

  /** Starts it on free ports where it cannot become ready, and checks how it ends. */
  async function startInVain(settings: NodeJS.ProcessEnv, check: (run: Run) => Promise<void>): Promise<void> {
    await needTemporalCli();
    await startOnFreePorts(PORTS, async (ports) => {
      const run = start({ ...environment(settings), ...variablesOf(ports) });
      try {
        await check(run);
      } catch (error) {
        throw takenPortIn(run.output()) ?? error;
      }
    });
  }

  const pidOf = (state: DevState, name: string): number =>
    state.children.find((each) => each.name === name)?.pid ?? 0;

  function stillRunning(state: DevState): string[] {
    return state.children.filter(({ pid }) => isAlive(pid)).map(({ name }) => name);
  }

  it('prints the addresses, the key and a curl command; Ctrl-C ends all processes within 10 s', async () => {
    const { run, state } = await startReady();
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
    run.child.kill('SIGINT'); // npm forwards the signal that the terminal has already sent
    assert.equal(await run.exited, 0);
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(stillRunning(state), []);
    assert.ok(!existsSync(join(run.dataDir, 'dev.json')) && !existsSync(join(run.dataDir, 'dev.lock')));
    const appLog = readFileSync(join(run.dataDir, 'app.log'), 'utf8');
    assert.match(appLog, new RegExp(`^${pidOf(state, 'app')} SIGTERM$`, 'm'));
  });

  it('ends within 10 s if the application does not end, and at once at a second Ctrl-C', async () => {
    const { run, env, state: first } = await startReady({ FAKE_APP_IGNORES_SIGTERM: '1' });
    let began = performance.now();
    run.child.kill('SIGINT');
    await run.exited;
    assert.ok(performance.now() - began < 10_000);
    assert.deepEqual(stillRunning(first), []);

    const interrupted = start(env);
    const second = await ready(interrupted);
    interrupted.child.kill('SIGINT');
    await waitFor('the application receives SIGTERM', () =>
      readFileSync(join(interrupted.dataDir, 'app.log'), 'utf8').includes(`${pidOf(second, 'app')} SIGTERM`),
    );
    began = performance.now();
    const ended = interrupted.exited;
    await waitFor('npm start ends', () => {
      interrupted.child.kill('SIGINT');
      return interrupted.child.exitCode !== null;
    });
    assert.equal(await ended, 1);
    assert.ok(performance.now() - began < 2000);
    await waitFor('no process runs', () => stillRunning(second).length === 0);
  });

  it('starts again after kill -9 with its data, on the same ports and with the same key', async () => {
    const { run: first, env, state: before } = await startReady();
    const database = await (await fetch(before.urls['api'] ?? '')).text();
    await query(database, 'create table kept as select 42 as n');
    first.child.kill('SIGKILL');
    await first.exited;
    assert.equal(isAlive(pidOf(before, 'PostgreSQL')), true, 'PostgreSQL still runs');
    const second = start(env);
    const after = await ready(second);
    assert.equal(after.apiKey, before.apiKey);
    assert.deepEqual(stillRunning(before), []);
    assert.deepEqual(await query(database, 'select n from kept'), [{ n: 42 }]);
    second.child.kill('SIGTERM');
    assert.equal(await second.exited, 0);
  });

  it('restarts each part that is killed', async () => {
    const { run, state: before } = await startReady();
    for (const { pid } of before.children) process.kill(pid, 'SIGKILL');
    const after = await waitFor('all parts run again', () => {
      const { children } = run.state();
      return (
        children.length === 4 &&
        children.every(({ pid }) => stillRunning(before).length === 0 && isAlive(pid)) &&
        run.state()
      );
    });
    for (const { pid } of after.children) startedPids.add(pid);
    assert.equal(new Set([...before.children, ...after.children].map(({ pid }) => pid)).size, 8);
    await waitFor('the application answers', () =>
      fetch(after.urls['api'] ?? '').then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    run.child.kill('SIGTERM');
    assert.equal(await run.exited, 0);
    assert.deepEqual(stillRunning(after), []);
  });

  it('refuses a second run on the same data, and two runs with their own data run side by side', async () => {
    const { run: first, env, state } = await startReady();
    const again = start(env);
    assert.equal(await again.exited, 1);
    assert.equal(
      again.output(),
      `durable-checkout already runs at http://127.0.0.1:${env['PORT']} (pid ${first.pid}). Stop it, or set CHECKOUT_DATA_DIR and the ports to run a second copy.\n`,
    );
    const { run: other } = await startReady();
    assert.equal(stillRunning(state).length, 4);
    other.child.kill('SIGTERM');
    assert.equal(await other.exited, 0);
    assert.equal(stillRunning(state).length, 4, 'the first run continues');
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);
  });

  it('takes over from a run whose parent was killed', async () => {
    await needTemporalCli();
    const { parent, env, state } = await startOnFreePorts(PORTS, async (ports) => {
      const own = { ...environment(), ...variablesOf(ports) };
      const file = join(own['CHECKOUT_DATA_DIR'] ?? '', 'dev.json');
      const started = runScript('dev/parent-of-dev.ts', [], { env: own });
      const its = await waitFor('it is ready', () => {
        const taken = takenPortIn(started.output());
        if (taken) throw taken;
        const found = existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as DevState);
        return found !== false && found.ready && found;
      });
      return { parent: started, env: own, state: its };
    });
    for (const { pid } of [...state.children, state]) startedPids.add(pid);
    parent.child.kill('SIGKILL');
    await waitFor('its parent has ended', () => isAlive(state.pid) && !isAlive(parent.pid));
    const run = start(env);
    await ready(run);
    assert.equal(isAlive(state.pid), false);
    assert.deepEqual(stillRunning(state), []);
    run.child.kill('SIGTERM');
    assert.equal(await run.exited, 0);
  });

  it('says in one line which port is used by another process, and leaves nothing running', async () => {
    const otherServer = createServer().listen(0, '127.0.0.1');
    await once(otherServer, 'listening');
    const { port } = otherServer.address() as AddressInfo;
    try {
      const run = start(environment({ PORT: String(port) }));
      assert.equal(await run.exited, 1);
      assert.equal(
        run.output(),
        `Port ${port} is used by another process. Set PORT to a free port, for example: PORT=${port + 1} npm start\n`,
      );
      assert.ok(!existsSync(join(run.dataDir, 'dev.json')) && !existsSync(join(run.dataDir, 'dev.lock')));
    } finally {
      otherServer.close();
    }
  });

  it('leaves nothing running when the application cannot start', async () => {
    await startInVain({ FAKE_APP_FAILS: '1' }, async (run) => {
      const stateBefore = waitFor(
        'PostgreSQL is ready',
        () => /PostgreSQL .* s/.test(run.output()) && run.state(),
      );
      assert.equal(await run.exited, 1);
      assert.match(run.output(), /^The app did not start: exit status 3$/m);
      assert.deepEqual(
        stillRunning(await stateBefore.catch(() => ({ children: [] }) as unknown as DevState)),
        [],
      );
    });
  });

  it('says in one line which port another process took while it started, and leaves nothing running', async () => {
    await startInVain({ FAKE_APP_PORT_TAKEN: '1' }, async (run) => {
      const seen = waitFor('Temporal is up', () => /Temporal .* s/.test(run.output()) && run.state());
      assert.equal(await run.exited, 1);
      const port = run.env['PORT'];
      assert.match(
        run.output(),
        new RegExp(`^Port ${port} is used by another process\\. Set PORT to a free port`, 'm'),
      );
      assert.deepEqual(stillRunning(await seen), []);
    });
  });

  it('refuses the data of version 0.1 with one line that says what to do, and leaves nothing running', async () => {
    const url = await (await testPostgres()).createEmptyDatabase();
    await query(
      url,
      `create table migrations as select 1 as id, '0001_tables'::varchar(255) as name, now()::timestamp as run_on`,
    );
    await startInVain({ DATABASE_URL: url, LOG_LEVEL: 'warn' }, async (run) => {
      const seen = waitFor('Temporal is up', () => /Temporal .* s/.test(run.output()) && run.state());
      assert.equal(await run.exited, 1);
      const shown = run
        .output()
        .split('\n')
        .filter((line) => line !== '' && !/^ {2}\w+ +[\d.]+ s /.test(line));
      assert.deepEqual(shown, [
        'The database was made by durable-checkout 0.1 and cannot be upgraded: remove the data folder (.data, or CHECKOUT_DATA_DIR), or set DATABASE_URL to an empty database. Nothing was changed.',
      ]);
      assert.deepEqual(stillRunning(await seen), []);
    });
    assert.deepEqual(
      await query(
        url,
        `select count(*)::integer as n from pg_class where relnamespace = 'public'::regnamespace`,
      ),
      [{ n: 1 }],
    );
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
