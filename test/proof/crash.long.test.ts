import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createProof } from '../../proof/context.ts';
import { runCrashes } from '../../proof/parts/crash.ts';

/** The small form of `npm run prove -- --only crash,crash-shipping`: the proof itself checks how long a recovery takes. */
describe('a worker process that dies at exactly one point', function () {
  this.timeout(300_000);

  it('breaks no promise, before an activity, after it, or after it was reported', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const activities = [
      ...['reserveStock', 'chargePayment', 'confirmOrder', 'refundPayment', 'finishRefund'],
      ...['findPayments', 'readOrderPayments', 'reconcilePayment'],
    ];
    const { violations } = await runCrashes(
      proof.contextOf('crash', () => undefined),
      'Crash points',
      { repeats: 1, shops: { usual: 1 }, victims: 15, bystanders: 8, tasks: false, activities },
    );
    assert.deepEqual(
      violations.filter(({ what }) => !what.startsWith('recovered only after')),
      [],
    );
    rmSync(proof.folder, { recursive: true, force: true });
  });

  it('breaks no promise while an order is shipped or comes back', async () => {
    const proof = await createProof({ quick: true, seed: 1, repeats: 1 });
    const activities = ['planFulfilment', 'buyLabel', 'readReturnWork', 'buyReturnLabel', 'closeReturn'];
    const { violations } = await runCrashes(
      proof.contextOf('crash-shipping', () => undefined),
      'Crash points after the payment',
      {
        repeats: 1,
        shops: { ships: 1, 'takes back': 1 },
        victims: 15,
        bystanders: 4,
        tasks: false,
        activities: activities.map((name) => `fulfilment:${name}`),
      },
    );
    assert.deepEqual(
      violations.filter(({ what }) => !what.startsWith('recovered only after')),
      [],
    );
    rmSync(proof.folder, { recursive: true, force: true });
  });
});
