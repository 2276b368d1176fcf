import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { runSlowNeighbours } from '../../proof/parts/slow-neighbour.ts';

/** The small form of `npm run prove -- --only slow-neighbour`: the proof itself keeps each of them slow for longer. */
describe('a slow neighbour', function () {
  this.timeout(300_000);

  it('delays no order and no event: a transaction, a broker, a mail server and the lists of the provider', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { violations, orders } = await runSlowNeighbours(
      proof.contextOf('slow-neighbour', () => undefined),
      { holdMs: 6_000, ordersPerSecond: 4 },
    );
    // How long something takes is measured by the proof, on a machine on which nothing else runs.
    assert.deepEqual(
      violations.filter(({ what }) => !/only after/.test(what)),
      [],
    );
    assert.ok(orders > 20, `only ${orders} orders were placed`);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
