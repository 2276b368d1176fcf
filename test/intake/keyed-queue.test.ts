import assert from 'node:assert/strict';
import { createKeyedQueue } from '../../src/intake/keyed-queue.ts';
import { createGate } from '../support/intake/gate.ts';

describe('a keyed queue', () => {
  it('runs tasks of one key in order, also after a failure, without delaying tasks of other keys', async () => {
    const queue = createKeyedQueue();
    const done: string[] = [];
    const gate = createGate();
    const first = queue.run(['a'], async () => {
      await gate.opened;
      done.push('a1');
      throw new Error('the first task failed');
    });
    const second = queue.run(['a'], () => Promise.resolve(done.push('a2')));
    await queue.run(['b'], () => Promise.resolve(done.push('b1')));
    assert.deepEqual(done, ['b1']);
    gate.open();
    await assert.rejects(first, /the first task failed/);
    await second;
    assert.deepEqual(done, ['b1', 'a1', 'a2']);
  });

  it('runs a task of several keys after the tasks of each, and before those that follow', async () => {
    const queue = createKeyedQueue();
    const done: string[] = [];
    const gate = createGate();
    const first = queue.run(['a'], async () => {
      await gate.opened;
      done.push('a');
    });
    const both = queue.run(['b', 'a'], () => Promise.resolve(done.push('a and b')));
    const last = queue.run(['b'], () => Promise.resolve(done.push('b')));
    await queue.run(['c'], () => Promise.resolve(done.push('c')));
    assert.deepEqual(done, ['c']);
    gate.open();
    await Promise.all([first, both, last]);
    assert.deepEqual(done, ['c', 'a', 'a and b', 'b']);
  });
});
