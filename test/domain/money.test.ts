import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatMoney, minorDigits } from '../../src/domain/money.ts';

const currency = fc.constantFrom('EUR', 'USD', 'GBP', 'JPY', 'KRW', 'BHD', 'KWD');
const amount = fc.maxSafeInteger();

/** Reads what a person reads, with whole numbers only. */
function parseMoney(text: string): { minorUnits: bigint; currency: string } {
  const [figures = '', code = ''] = text.split(' ');
  return { minorUnits: BigInt(figures.replace('.', '')), currency: code };
}

describe('money', () => {
  it('is formatted with the digits of its currency', () => {
    assert.equal(formatMoney(2_400, 'EUR'), '24.00 EUR');
    assert.equal(formatMoney(5, 'EUR'), '0.05 EUR');
    assert.equal(formatMoney(0, 'EUR'), '0.00 EUR');
    assert.equal(formatMoney(-199, 'EUR'), '-1.99 EUR');
    assert.equal(formatMoney(2_400, 'JPY'), '2400 JPY');
    assert.equal(formatMoney(2_400, 'BHD'), '2.400 BHD');
  });

  it('can be parsed back exactly, up to the largest amount', () => {
    fc.assert(
      fc.property(amount, currency, (minorUnits, code) => {
        assert.deepEqual(parseMoney(formatMoney(minorUnits, code)), {
          minorUnits: BigInt(minorUnits),
          currency: code,
        });
      }),
    );
  });

  it('always has a digit before the point and all digits after it', () => {
    fc.assert(
      fc.property(amount, currency, (minorUnits, code) => {
        const digits = minorDigits(code);
        const behind = digits === 0 ? '' : `\\.\\d{${digits}}`;
        assert.match(formatMoney(minorUnits, code), new RegExp(`^-?(0|[1-9]\\d*)${behind} ${code}$`));
      }),
    );
  });
});
