import assert from 'node:assert/strict';
import { preferredWait } from '../../src/api/lib/prefer.ts';
import { windowSeconds } from '../../src/api/lib/windows.ts';
import { holdsCardNumber } from '../../src/validation/text-checks.ts';

describe('Prefer: wait', () => {
  for (const [header, seconds] of [
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['Wait = 10', 10],
    ['wait="10"', 10],
    ['wait=10; foo=bar', 10],
    ['wait=10, wait=20', 10],
    ['return=representation;x="wait=5", wait=7', 7],
    ['handling="a, wait=9", wait=3', 3],
    ['wait=600', 60],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=abc', 0],
    ['wait', 0],
    ['await=5', 0],
    ['', 0],
    [undefined, 0],
    [['respond-async', 'wait=4'], 4],
  ] as const) {
    it(`of ${JSON.stringify(header)} waits ${seconds} s`, () => {
      assert.equal(preferredWait(typeof header === 'object' ? [...header] : header), seconds);
    });
  }
});

describe('a card number', () => {
  for (const text of [
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    'my card: 4242424242424242!',
    '378282246310005',
    '6011 1111 1111 1117',
    '5555 5555 5555 4444',
    '2223003122003222',
    '3530 1113 3330 0000',
    '36227206271667',
    '6200000000000005',
    '4242\u00a04242\u00a04242\u00a04242',
    '7 4242424242424242',
    '4242424242424242 123',
  ]) {
    it(`is found in ${JSON.stringify(text)}`, () => {
      assert.equal(holdsCardNumber(text), true);
    });
  }

  for (const text of [
    '4242424242424241',
    '424242424242',
    'pm_card_visa',
    '+49 30 1234567',
    '0000000000000000',
    '2026-01-02 10:20:30',
    '12345678901234567890123',
    // Correct Luhn digits: two barcodes (EAN-13), a serial number of a phone (IMEI), one that no issuer has.
    '4006381333931',
    '5012345678908',
    '490154203237518',
    '1234567812345670',
    // The prefix of American Express, with the length of another.
    '3742424242424249',
    'https://shop.example/42424242-4242-4242-8424-242424242424',
  ]) {
    it(`is not found in ${JSON.stringify(text)}`, () => {
      assert.equal(holdsCardNumber(text), false);
    });
  }
});

describe('a window', () => {
  it('is read in seconds, minutes, hours and days', () => {
    assert.deepEqual(['30s', '5m', '1h', '1d'].map(windowSeconds), [30, 300, 3_600, 86_400]);
  });
});
