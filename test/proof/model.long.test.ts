import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { modelPart } from '../../proof/parts/model.ts';

/** The small form of `npm run prove -- --only model`. */
describe('random lists of commands', function () {
  this.timeout(300_000);

  it('end with every order, all money and the stock as a model has them', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { orders, violations } = await modelPart.run(proof.contextOf(modelPart.name, () => undefined));
    assert.deepEqual(violations, []);
    assert.ok(orders > 10, `only ${orders} orders were placed`);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
