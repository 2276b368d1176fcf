import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_LINES, MAX_QUANTITY, MAX_UNIT_PRICE } from '../../src/contracts/http/order.ts';
import { lineTotal, orderTotal, type PricedLine } from '../../src/domain/pricing.ts';

const pricedLine: fc.Arbitrary<PricedLine> = fc.record({
  quantity: fc.integer({ min: 1, max: MAX_QUANTITY }),
  unitPrice: fc.integer({ min: 0, max: MAX_UNIT_PRICE }),
});
const lines = fc.array(pricedLine, { maxLength: MAX_LINES });

describe('pricing', () => {
  it('is exact for every order that the API accepts', () => {
    fc.assert(
      fc.property(lines, (order) => {
        const exact = order.reduce((sum, each) => sum + BigInt(each.quantity) * BigInt(each.unitPrice), 0n);
        assert.equal(BigInt(orderTotal(order)), exact);
      }),
    );
  });

  it('is exact for the largest order that the API accepts', () => {
    const largest = { quantity: MAX_QUANTITY, unitPrice: MAX_UNIT_PRICE };
    assert.equal(orderTotal(Array<PricedLine>(MAX_LINES).fill(largest)), 1e15);
  });

  it('does not depend on the sequence or the grouping of the lines', () => {
    fc.assert(
      fc.property(lines, lines, (some, others) => {
        assert.equal(orderTotal([...some, ...others]), orderTotal(some) + orderTotal(others));
        assert.equal(orderTotal([...some].reverse()), orderTotal(some));
      }),
    );
  });

  it('throws if the total would not be exact', () => {
    const huge = fc.record({
      quantity: fc.integer({ min: 2, max: MAX_QUANTITY }),
      unitPrice: fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(huge, (each) => {
        assert.throws(() => lineTotal(each), RangeError);
        assert.throws(() => orderTotal([each]), RangeError);
      }),
    );
    const half = { quantity: 1, unitPrice: Number.MAX_SAFE_INTEGER };
    assert.throws(() => orderTotal([half, { quantity: 1, unitPrice: 1 }]), RangeError);
    assert.throws(() => lineTotal({ quantity: 1, unitPrice: 0.1 }), RangeError);
  });

  it('is 0 without lines', () => {
    assert.equal(orderTotal([]), 0);
  });
});
