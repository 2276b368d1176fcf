import assert from 'node:assert/strict';
import { holdsCardNumber, withoutCardNumbers } from '../../src/validation/card-numbers.ts';

describe('a card number', () => {
  for (const text of [
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    'my card: 4242424242424242!',
    'card4242424242424242',
    '378282246310005',
    '3782 822463 10005',
    '3622 720627 1667',
    '6011 1111 1111 1117',
    '5555 5555 5555 4444',
    '2223003122003222',
    '3530 1113 3330 0000',
    '36227206271667',
    '6200000000000005',
    '6205 5000 0000 0000 004',
    '620550 0000000000004',
    '4242\u00a04242\u00a04242\u00a04242',
    // Over tabs and line breaks, as a table or a text area breaks it, and with the characters of copied texts.
    '4242\t4242\t4242\t4242',
    '4242\n4242\n4242\n4242',
    '4242 4242\r\n4242 4242',
    '4242.4242/4242\u20134242',
    '4242\u200b4242\u202f4242\u20114242',
    // Next to other numbers.
    '7 4242424242424242',
    '4242424242424242 123',
    '12 4242 4242 4242 4242',
    'House 12, 4242 4242 4242 4242',
    '10115\n4242 4242 4242 4242\n030 1234567',
    '4242 4242 4242 4242 12/27',
    '4242 4242 4242 4242 12/27 123',
    '4242 4242 4242 4242 12/27\n030 1234567',
    '4242 4242 4242 4242 123',
    '4242-4242-4242-4242 0123456',
    '4242 4242 4242 4242 5555 5555 5555 4444',
    '1 2 3 4242424242424242 5',
  ]) {
    it(`is found in ${JSON.stringify(text)}`, () => {
      assert.equal(holdsCardNumber(text), true);
      assert.equal(holdsCardNumber(withoutCardNumbers(text, '*')), false);
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
    // Account numbers (IBAN) whose groups have the digits of a card.
    'to DE14 5079 9464 0434 7261 30',
    'DE42 4242 4242 4242 4242 42',
    'FR42 4242 4242 4242 4242 4242 424',
    'GB29 NWBK 3622 7206 2716 67',
    'DK48 4242 4242 4242 42',
    'DK3804638674761449',
    // Two phone numbers, and a tracking number.
    '+49 4242 42424242 42424242',
    '0424 2424242 0424 2424242',
    '+65 4242 4242 4242 4242',
    '9400 4242 4242 4242 4242 42',
    '4242 4242 4242 4242 4242 42',
  ]) {
    it(`is not found in ${JSON.stringify(text)}`, () => {
      assert.equal(holdsCardNumber(text), false);
      assert.equal(withoutCardNumbers(text, '*'), text);
    });
  }

  it('is replaced together with its expiry and code, and nothing else', () => {
    const text = 'Ring twice. 4242 4242 4242 4242 12/27 123, order 7, or 378282246310005. Thanks!';
    assert.equal(withoutCardNumbers(text, '*'), 'Ring twice. *, order 7, or *. Thanks!');
  });

  it('is looked for in millions of digits and groups', () => {
    for (const text of ['1'.repeat(5_000_000), '1 '.repeat(5_000_000), '12 34-'.repeat(1_000_000)])
      assert.equal(holdsCardNumber(text), false);
  });
});
