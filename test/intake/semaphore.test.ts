import assert from 'node:assert/strict';
import { createSemaphore } from '../../src/intake/semaphore.ts';
import { createGate } from '../support/intake/gate.ts';

describe('a semaphore', () => {
  it('limits how many tasks run at the same time, first come, first served', async () => {
    const semaphore = createSemaphore(2);
    const gates = [createGate(), createGate(), createGate()];
    const begun: number[] = [];
    const runs = gates.map(({ opened }, n) =>
      semaphore.run(async () => {
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
