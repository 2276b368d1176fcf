import assert from 'node:assert/strict';
import { createFormat } from '../../src/mail/lib/format.ts';

describe('an amount in a mail', () => {
  it('has the digits of its currency by ISO 4217, and not those of the host', () => {
    const shown = (minorUnits: number, currency: string): string =>
      createFormat('en').money(minorUnits, currency).replaceAll('\u00a0', ' ');
    assert.equal(shown(123_456, 'HUF'), 'HUF 1,234.56');
    assert.equal(shown(500_000, 'COP'), 'COP 5,000.00');
    assert.equal(shown(2_500_050, 'IDR'), 'IDR 25,000.50');
    assert.equal(shown(5_120, 'KWD'), 'KWD 5.120');
    assert.equal(shown(1_200, 'ISK'), 'ISK 1,200');
    assert.equal(shown(50_000, 'MGA'), 'MGA 500.00');
  });
});
