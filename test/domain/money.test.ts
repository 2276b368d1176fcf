import assert from 'node:assert/strict';
import { data as publishedList } from 'currency-codes';
import fc from 'fast-check';
import { formatMoney, isCurrency, minorDigits, minorUnitsOf } from '../../src/domain/money.ts';

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

  it('has the digits of ISO 4217, where the locale data of a host has others too', () => {
    const expected = {
      ...{ EUR: 2, USD: 2, HUF: 2, COP: 2, IDR: 2, ALL: 2, LBP: 2, MGA: 2, MRU: 2, TWD: 2, XCG: 2, ZWG: 2 },
      ...{ JPY: 0, KRW: 0, ISK: 0, UGX: 0, CLP: 0, XOF: 0, KWD: 3, BHD: 3, IQD: 3, TND: 3, CLF: 4, UYW: 4 },
    };
    for (const [code, digits] of Object.entries(expected)) {
      assert.equal(minorDigits(code), digits, code);
      assert.ok(isCurrency(code), code);
    }
    assert.equal(formatMoney(123_456, 'HUF'), '1234.56 HUF');
    for (const code of ['ZZZ', 'ABC', 'eur', 'HRK', '']) assert.ok(!isCurrency(code), code);
  });

  it('adds no currency to the list of the package that the package has by now', () => {
    assert.ok(!publishedList.some(({ code }) => code === 'XCG'), 'remove XCG from ADDED_SINCE');
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

  it('is read from a decimal in major units exactly', () => {
    for (const [decimal, code, expected] of [
      ['5.93', 'USD', 593],
      ['5.93000', 'USD', 593],
      ['5.9', 'USD', 590],
      ['5.', 'USD', 500],
      ['0', 'USD', 0],
      ['1450.00', 'JPY', 1450],
      ['1.235', 'BHD', 1235],
      ['5.931', 'USD', 594],
      ['5.0000000001', 'USD', 501],
      ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
    ] as const)
      assert.equal(minorUnitsOf(decimal, code), expected, decimal);
    for (const decimal of ['', '.5', '-1', '1e3', '1,50', 'free', '90071992547409.92'])
      assert.throws(() => minorUnitsOf(decimal, 'USD'), RangeError, decimal);
    fc.assert(
      fc.property(fc.maxSafeNat(), currency, (minorUnits, code) => {
        assert.equal(minorUnitsOf(formatMoney(minorUnits, code).split(' ')[0] ?? '', code), minorUnits);
      }),
    );
  });
});
