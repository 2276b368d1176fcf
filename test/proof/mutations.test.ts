import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { plantedPart } from '../../proof/mutations.ts';

/** The small form of `npm run prove -- --only planted`: one in the workflow, one in an adapter, one in the database. */
describe('a defect that is planted on purpose', function () {
  this.timeout(240_000);

  it('is caught, by scenarios that find nothing where there is none', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { planted, violations } = await plantedPart.run(proof.contextOf(plantedPart.name, () => undefined));
    assert.deepEqual(violations, []);
    assert.equal(planted?.length, 3);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
