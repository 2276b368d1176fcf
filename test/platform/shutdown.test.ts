import assert from 'node:assert/strict';
import { killScripts, runScript, type TestProcess } from '../support/run-script.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('shutdown', () => {
  afterEach(killScripts);

  async function ready(args: string[], ipc = false): Promise<TestProcess> {
    const child = runScript('platform/shutdown-process.ts', args, {
      stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    await waitFor('it is ready', () => child.output().includes('ready'));
    return child;
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    it(`at ${signal} runs the phases in order, and exits with 0`, async () => {
      const child = await ready(['100']);
      child.child.kill(signal);
      assert.equal(await child.exited, 0);
      assert.deepEqual(child.output().trim().split('\n'), ['ready', 'work', 'work done', 'base']);
    });

  it('runs the next phase when one fails, and exits with 1', async () => {
    const child = await ready(['0', 'fail']);
    child.child.kill('SIGTERM');
    assert.equal(await child.exited, 1);
    assert.deepEqual(child.output().trim().split('\n'), ['ready', 'work', 'base']);
  });

  it('treats one Ctrl-C that arrives twice as one', async () => {
    const child = await ready(['300']);
    child.child.kill('SIGINT');
    await waitFor('it shuts down', () => child.output().includes('work'));
    child.child.kill('SIGINT');
    assert.equal(await child.exited, 0);
    assert.match(child.output(), /work done/);
  });

  it('exits at once at a second signal', async () => {
    const child = await ready(['60000']);
    child.child.kill('SIGINT');
    await waitFor('it shuts down', () => child.output().includes('work'));
    const began = performance.now();
    await waitFor('it has ended', () => {
      child.child.kill('SIGINT');
      return child.child.exitCode !== null;
    });
    assert.equal(await child.exited, 1);
    assert.ok(performance.now() - began < 1500, 'before the grace time is over');
    assert.doesNotMatch(child.output(), /work done/);
  });

  it('exits when the grace time is over, though a phase has not completed', async () => {
    const child = await ready(['60000']);
    child.child.kill('SIGTERM');
    assert.equal(await child.exited, 1);
  });

  it('does not handle the signal of a crash', async () => {
    const child = await ready(['0']);
    child.child.kill('SIGSEGV');
    assert.equal(await child.exited, 'SIGSEGV');
  });

  it('shuts down when its parent has exited', async () => {
    const child = await ready(['0'], true);
    child.child.disconnect();
    assert.equal(await child.exited, 0);
    assert.match(child.output(), /base/);
  });
});
