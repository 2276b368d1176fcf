import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { runCrashes } from '../../proof/parts/crash.ts';

/** The small form of `npm run prove -- --only crash`: the proof itself checks how long a recovery takes. */
describe('a worker process that dies at exactly one point', function () {
  this.timeout(300_000);

  it('breaks no promise, before an activity, after it, or after it was reported', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const activities = ['reserveStock', 'chargePayment', 'confirmOrder', 'refundPayment', 'finishRefund'];
    const { violations } = await runCrashes(
      proof.contextOf('crash', () => undefined),
      { repeats: 1, shops: 1, victims: 15, bystanders: 8, tasks: false, activities },
    );
    assert.deepEqual(
      violations.filter(({ what }) => !what.startsWith('recovered only after')),
      [],
    );
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
