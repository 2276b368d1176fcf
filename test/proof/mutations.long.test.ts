import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { mutationsPart } from '../../proof/parts/mutations.ts';

/** The small form of `npm run prove -- --only mutations`: one in the workflow, one in an adapter, some in the database. */
describe('the scenarios of the proof', function () {
  this.timeout(240_000);

  it('find each mutation, and nothing in the product without one', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { mutations, violations } = await mutationsPart.run(
      proof.contextOf(mutationsPart.name, () => undefined),
    );
    assert.deepEqual(violations, []);
    assert.equal(mutations?.length, 6);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
