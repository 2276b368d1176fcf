import assert from 'node:assert/strict';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAlive } from '../../dev/processes/process-table.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { packageRoot } from '../../src/platform/package-root.ts';
import { startSystem, type System } from '../support/system.ts';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

describe('npm run dev', function () {
  this.timeout(300_000);
  const root = temporaryFolder();
  let system: System;

  before(async () => {
    for (const name of [
      'src',
      'dev',
      'sandbox',
      'db',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ])
      cpSync(join(packageRoot(), name), join(root, name), { recursive: true });
    symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'));
    system = await startSystem({}, ['--import', loader, join(root, 'dev/watch/main.ts')]);
  });

  after(() => system.stop());

  const prints = (output: () => string, expected: RegExp, timeoutMs = 120_000): Promise<RegExpExecArray> =>
    waitFor(`it prints ${String(expected)}`, () => expected.exec(output()) ?? undefined, timeoutMs);

  /** What has been printed since now. */
  function outputFromNow(): () => string {
    const start = system.output().length;
    return () => system.output().slice(start);
  }

  /** Replaces `from`, which must be in the file, by `to`. */
  function change(path: string, from: string, to: string) {
    const file = join(root, path);
    const before = readFileSync(file, 'utf8');
    assert.ok(before.includes(from), `${path} no longer contains ${from}`);
    const output = outputFromNow();
    writeFileSync(file, before.replace(from, to));
    return {
      /** What has been printed since the change. */
      output,
      /** Resolves when the process runs the code from before the change. */
      undo: async () => {
        const since = outputFromNow();
        writeFileSync(file, before);
        await prints(since, new RegExp(`^ {2}app +[\\d.]+ s +runs .*${path}`, 'm'));
      },
    };
  }

  /** Of the parts; without the process that checks types. */
  const pids = (): Map<string, number> =>
    new Map(
      system
        .state()
        .children.filter(({ name }) => name !== 'types')
        .map(({ name, pid }) => [name, pid]),
    );

  const livez = async (): Promise<unknown> => (await fetch(`${system.state().urls['api']}/livez`)).json();

  it('replaces the application when a route changes, and nothing else', async () => {
    const before = pids();
    const { output, undo } = change(
      'src/api/routes/health.ts',
      "({ status: 'ok' })",
      "({ status: 'changed' })",
    );
    await prints(output, /^ {2}app +[\d.]+ s +runs src\/api\/routes\/health\.ts$/m);
    assert.deepEqual(await livez(), { status: 'changed' });
    const changed = [...pids()].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name);
    assert.deepEqual(changed, ['app']);
    await undo();
    assert.deepEqual(await livez(), { status: 'ok' });
  });

  it('replaces the sandbox when its sources change', async () => {
    const before = pids();
    const { output } = change('sandbox/server.ts', '\n', '\n// changed\n');
    await prints(output, /^ {2}sandbox +[\d.]+ s +runs sandbox\/server\.ts$/m);
    const changed = [...pids()].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name);
    assert.deepEqual(changed, ['sandbox']);
  });

  it('continues with the old code while a file has a syntax error or cannot be loaded', async () => {
    const before = pids();
    const syntax = change('src/api/routes/health.ts', "({ status: 'ok' })", "({ status: 'ok' )");
    await prints(syntax.output, /ERROR.*\n\n +src\/api\/routes\/health\.ts:\d+:\d+:\n.*status: 'ok' \)/);
    await syntax.undo();
    const missing = change(
      'src/api/routes/health.ts',
      'import { described,',
      'import { missing as described,',
    );
    await prints(missing.output, /does not provide an export named 'missing'[^]*^The app was not replaced:/m);
    assert.deepEqual(await livez(), { status: 'ok' });
    assert.equal(pids().get('sandbox'), before.get('sandbox'));
    await missing.undo();
  });

  it('applies a changed SQL function without a restart', async () => {
    const before = pids();
    const { output } = change('db/functions/mails.sql', '\n', '\n-- changed\n');
    await prints(output, /^ {2}database +[\d.]+ s +schema and functions are up to date$/m);
    assert.deepEqual(pids(), before);
  });

  it('names the running orders that changed workflows would break, and continues them when the change is undone', async () => {
    const { orderId } = await system.shop.place({ payment: { method: 'pm_card_authenticationRequired' } });
    await system.shop.reaches(orderId, 'awaiting_customer');
    const { output, undo } = change(
      'src/workflows/process-order.ts',
      '  const reserved =\n',
      "  await (await import('@temporalio/workflow')).sleep(1);\n  const reserved =\n",
    );
    const [printed] = await prints(output, /^ {2}replay [^]*?change-a-workflow-safely\.md$/m);
    assert.match(printed, /1 of 1 running orders cannot continue with the changed workflows/);
    assert.match(printed, new RegExp(`order/${orderId}: \\[TMPRL1100\\] Nondeterminism error`));
    await undo();
    await prints(output, /^ {2}replay +the running orders continue/m);
    await system.shop.cancelOrder(orderId);
    assert.equal((await system.shop.outcome(orderId)).status, 'cancelled');
  });

  it('prints type errors and runs the code all the same', async function () {
    this.timeout(600_000);
    const { output, undo } = change(
      'src/api/routes/health.ts',
      'LIMIT_MS = 2_000',
      'LIMIT_MS: string = 2_000',
    );
    await prints(output, /^ {2}app +[\d.]+ s/m);
    // Types are checked with the lowest priority, which takes minutes on a machine whose processors are all busy.
    const errors = /health\.ts\(\d+,\d+\): error TS2322[^]*^ {2}types +see the errors above/m;
    await prints(output, errors, 480_000);
    await undo();
  });

  it('ends all processes at Ctrl-C', async () => {
    const before = [...pids().values()];
    assert.equal(await system.interrupt(), 0);
    assert.deepEqual(before.filter(isAlive), []);
  });
});
