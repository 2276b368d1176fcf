import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { carrierLostPart } from '../../proof/parts/carrier-lost.ts';

/** The small form of `npm run prove -- --only carrier-lost`. */
describe('orders whose workflows are terminated, deleted, reset or started late', function () {
  this.timeout(900_000);

  it('have their outcome within two minutes, and no order, money or stock is lost', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const context = proof.contextOf(carrierLostPart.name, () => undefined);
    const { faults, violations } = await carrierLostPart.run(context);
    assert.deepEqual(violations, []);
    assert.ok(Object.keys(faults).length > 2, `only ${Object.keys(faults).join(', ')}`);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
