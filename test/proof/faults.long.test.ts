import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { CARRIER_FAULTS, FAULTS } from '../../proof/parts/fault-kinds.ts';
import { runFaults } from '../../proof/parts/faults.ts';

/** The small form of `npm run prove -- --only faults`: the proof itself checks how long a recovery takes. */
describe('a fault under load', function () {
  this.timeout(300_000);

  it('breaks no promise: PostgreSQL and Temporal killed, answers of the provider lost, the carrier away', async () => {
    const wanted = [
      'PostgreSQL killed',
      'Temporal killed',
      'provider drops answers after the effect',
      'carrier away',
    ];
    const faults = [...FAULTS, ...CARRIER_FAULTS].filter(({ name }) => wanted.includes(name));
    assert.equal(faults.length, wanted.length);
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const { violations, orders } = await runFaults(
      proof.contextOf('faults', () => undefined),
      { cases: faults.map((fault) => [fault]), sites: 1, ordersPerSecond: 15, network: false },
    );
    assert.deepEqual(
      violations.filter(({ what }) => !what.startsWith('recovered only after')),
      [],
    );
    assert.ok(orders > 50, `only ${orders} orders were placed`);
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
