import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatMoney } from '../../src/cli/output/money.ts';

describe('an amount with its currency', () => {
  it('has as many decimal places as the currency', () => {
    assert.equal(formatMoney(2400, 'EUR'), '24.00 EUR');
    assert.equal(formatMoney(5, 'USD'), '0.05 USD');
    assert.equal(formatMoney(2400, 'JPY'), '2400 JPY');
    assert.equal(formatMoney(2400, 'KWD'), '2.400 KWD');
    assert.equal(formatMoney(-2401, 'EUR'), '-24.01 EUR');
  });

  it('is exact for every amount', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
        const [amount = ''] = formatMoney(minor, currency).split(' ');
        assert.equal(BigInt(amount.replace('.', '')), BigInt(minor));
      }),
    );
  });
});
