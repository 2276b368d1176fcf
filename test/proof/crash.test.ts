import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { crashPart } from '../../proof/crash.ts';

/** The small form of `npm run prove -- --only crash`: every activity, at every moment, once. */
describe('a worker process that dies at exactly one point', function () {
  this.timeout(180_000);

  it('breaks no promise, whichever activity it was at, before it, after it, or after it was reported', async () => {
    const proof = await createProof({ quick: true, seed: 1 });
    const { violations } = await crashPart.run(proof.contextOf(crashPart.name, () => undefined));
    assert.deepEqual(violations, []);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
