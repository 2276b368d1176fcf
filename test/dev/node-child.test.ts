import assert from 'node:assert/strict';
import { spawnNode } from '../../dev/processes/node-child.ts';

describe('a Node process that was started as a child', () => {
  const options = { env: process.env, graceMs: 1000 };

  it('reports a message', async () => {
    const child = spawnNode(
      ['-e', "process.send({ type: 'ready' }); process.once('message', () => {})"],
      options,
    );
    await child.reported('ready');
    await child.stop();
    assert.equal(await child.exited, 'ended by SIGTERM');
  });

  it('that has ended says so, and a message to it does not end this process', async () => {
    const child = spawnNode(['-e', 'process.exitCode = 3'], options);
    await child.exited;
    child.send('run');
    await assert.rejects(child.reported('ready'), /exit status 3/);
  });
});
