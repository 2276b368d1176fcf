import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { externalChangesPart } from '../../proof/parts/external-changes.ts';

/** The small form of `npm run prove -- --only external-changes`. */
describe('random lists of what is done in the dashboard of the provider and by our own API', function () {
  this.timeout(300_000);

  it('leave no money that our records do not have, and take none that nobody asked for', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { orders, violations } = await externalChangesPart.run(
      proof.contextOf(externalChangesPart.name, () => undefined),
    );
    assert.deepEqual(violations, []);
    assert.ok(orders >= 40, `only ${orders} orders were placed`);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
