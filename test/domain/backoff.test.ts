import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pauseBefore } from '../../src/domain/backoff.ts';

const backoff = fc
  .tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 3_600_000 }))
  .map(([firstMs, more]) => ({ firstMs, maxMs: firstMs + more }));

describe('backoff', () => {
  it('starts with the first pause and doubles it', () => {
    const pauses = [0, 1, 2, 3].map((round) => pauseBefore(round, { firstMs: 100, maxMs: 60_000 }));
    assert.deepEqual(pauses, [100, 200, 400, 800]);
  });

  it('never falls, never exceeds its limit, and reaches it', () => {
    fc.assert(
      fc.property(backoff, fc.nat(10_000), (limits, round) => {
        const pause = pauseBefore(round, limits);
        assert.ok(pause >= limits.firstMs && pause <= limits.maxMs);
        assert.ok(pauseBefore(round + 1, limits) >= pause);
        assert.equal(pauseBefore(10_000, limits), limits.maxMs);
      }),
    );
  });

  it('grows again from a later round, up to another limit', () => {
    const limits = { firstMs: 100, maxMs: 400, later: { fromRound: 4, maxMs: 1_000 } };
    const pauses = [2, 3, 4, 5, 6].map((round) => pauseBefore(round, limits));
    assert.deepEqual(pauses, [400, 400, 800, 1_000, 1_000]);
  });

  it('stays a valid duration after a million rounds', () => {
    assert.ok(Number.isSafeInteger(pauseBefore(1_000_000, { firstMs: 2_000, maxMs: 300_000 })));
  });
});
