import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lineShare } from '../../src/domain/line-shares.ts';

describe('the shares of a line', () => {
  it('sum to its amount, in whichever portions its pieces are taken, and differ by at most one minor unit a piece', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (amount, portions) => {
          const quantity = portions.reduce((sum, pieces) => sum + pieces, 0);
          let taken = 0;
          let sum = 0n;
          for (const pieces of portions) {
            const share = lineShare(amount, quantity, taken, taken + pieces);
            const exact = (BigInt(amount) * BigInt(pieces)) / BigInt(quantity);
            assert.ok(BigInt(share) - exact >= -1n && BigInt(share) - exact <= 1n);
            taken += pieces;
            sum += BigInt(share);
          }
          assert.equal(sum, BigInt(amount));
        },
      ),
    );
  });
});
