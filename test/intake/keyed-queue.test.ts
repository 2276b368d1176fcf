import assert from 'node:assert/strict';
import { createKeyedQueue, createSlots } from '../../src/intake/keyed-queue.ts';

interface Gate {
  opened: Promise<void>;
  open: () => void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('lanes', () => {
  it('keep the order of one lane, also behind a failure, and let others pass', async () => {
    const lanes = createKeyedQueue();
    const done: string[] = [];
    const first = gate();
    const a = lanes.run('a', async () => {
      await first.opened;
      done.push('a1');
      throw new Error('in vain');
    });
    const second = lanes.run('a', () => Promise.resolve(done.push('a2')));
    await lanes.run('b', () => Promise.resolve(done.push('b1')));
    assert.deepEqual(done, ['b1']);
    first.open();
    await assert.rejects(a, /in vain/);
    await second;
    assert.deepEqual(done, ['b1', 'a1', 'a2']);
  });
});

describe('slots', () => {
  it('let so many run at a time, first come, first served', async () => {
    const slots = createSlots(2);
    const gates = [gate(), gate(), gate()];
    const begun: number[] = [];
    const runs = gates.map(({ opened }, n) =>
      slots.use(async () => {
        begun.push(n);
        await opened;
      }),
    );
    await Promise.resolve();
    assert.deepEqual(begun, [0, 1]);
    gates[1]?.open();
    await runs[1];
    await Promise.resolve();
    assert.deepEqual(begun, [0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
  });
});
