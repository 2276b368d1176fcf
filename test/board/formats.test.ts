import assert from 'node:assert/strict';
import fc from 'fast-check';
import { data as currencies } from 'currency-codes';
import { createFormats } from '../../board/lib/formats.ts';
import { chooseLocale, LOCALES } from '../../board/lib/locale.ts';
import { formatAmount, formatMoney, minorDigits, parseAmount } from '../../board/lib/money.ts';
import { shortId } from '../../board/lib/ids.ts';
import * as server from '../../src/domain/money.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const amount = fc.maxSafeInteger();
const currency = fc.constantFrom('EUR', 'JPY', 'BHD', 'CLF', 'HUF');

describe('money on the board', () => {
  it('has the digits that the server has, for every currency', () => {
    for (const { code } of currencies) assert.equal(minorDigits(code), server.minorDigits(code), code);
  });

  it('is written with the currency after it, and the separators of the language', () => {
    assert.equal(plain(formatMoney(123_450, 'EUR', 'en')), '1,234.50 EUR');
    assert.equal(plain(formatMoney(123_450, 'EUR', 'de')), '1.234,50 EUR');
    assert.equal(plain(formatMoney(123_450, 'EUR', 'zh')), '1,234.50 EUR');
    assert.equal(plain(formatMoney(-5, 'EUR', 'en')), '−0.05 EUR');
    assert.equal(plain(formatMoney(2_400, 'JPY', 'en')), '2,400 JPY');
    assert.equal(plain(formatMoney(2_400, 'BHD', 'en')), '2.400 BHD');
  });

  it('loses no minor unit, however large the amount is', () => {
    fc.assert(
      fc.property(amount, currency, fc.constantFrom(...LOCALES), (minorUnits, code, locale) => {
        const figures = formatAmount(minorUnits, code, locale).replaceAll(/\D/g, '');
        assert.equal(BigInt(figures), BigInt(Math.abs(minorUnits)));
      }),
    );
  });

  it('is read back as it is written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        currency,
        fc.constantFrom(...LOCALES),
        (minorUnits, code, locale) => {
          assert.equal(parseAmount(formatAmount(minorUnits, code, locale), code, locale), minorUnits);
        },
      ),
    );
  });

  it('takes no amount that is not one, or has more digits than the currency', () => {
    for (const text of ['', '0', '-1', '1.234', '1,5', '12.', 'abc', '1e3', '1.2.3'])
      assert.equal(parseAmount(text, 'EUR', 'en'), undefined, text);
    assert.equal(parseAmount('12.5', 'EUR', 'en'), 1_250);
    assert.equal(parseAmount('12,5', 'EUR', 'de'), 1_250);
    assert.equal(parseAmount('1.234', 'EUR', 'de'), 123_400);
    assert.equal(parseAmount('1.5', 'JPY', 'en'), undefined);
  });
});

describe('dates and durations on the board', () => {
  const now = new Date('2026-11-28T13:02:11Z');
  const formats = (locale: 'en' | 'de' | 'zh') => createFormats(locale, 'Europe/Berlin');

  it('show today by the time, this year without the year, and older days without the time', () => {
    const dates = ['2026-11-28T13:02:11Z', '2026-11-24T08:43:00Z', '2025-11-24T08:43:00Z'];
    const written = (locale: 'en' | 'de' | 'zh') => dates.map((at) => formats(locale).moment(at, now));
    assert.deepEqual(written('en'), ['today, 14:02', '24 Nov, 09:43', '24 Nov 2025']);
    assert.deepEqual(written('de'), ['heute, 14:02', '24. Nov., 09:43', '24.11.2025']);
    assert.deepEqual(written('zh'), ['今天 14:02', '11月24日 09:43', '2025年11月24日']);
  });

  it('belong to the day of the zone that is shown', () => {
    assert.equal(formats('en').moment('2026-11-27T23:30:00Z', now), 'today, 00:30');
    assert.equal(formats('en').moment('2026-11-27T22:30:00Z', now), '27 Nov, 23:30');
  });

  it('name a duration in two units at most', () => {
    const age = (ms: number) => plain(formats('en').age(ms));
    assert.equal(age(-5), '0 s');
    assert.equal(age(59_999), '59 s');
    assert.equal(age(60_000), '1 min');
    assert.equal(age((2 * 60 + 14) * 60_000), '2 h 14 min');
    assert.equal(age(3 * 3_600_000), '3 h');
    assert.equal(age((3 * 24 + 4) * 3_600_000), '3 d 4 h');
    assert.equal(plain(formats('de').age(134 * 60_000)), '2 Std. 14 Min.');
    assert.equal(formats('zh').age(134 * 60_000), '2小时14分');
  });

  it('write response times with three figures', () => {
    const latency = (ms: number) => plain(formats('en').latency(ms));
    assert.equal(latency(0.42), '0.42 ms');
    assert.equal(latency(251.4), '251 ms');
    assert.equal(latency(999.7), '1 s');
    assert.equal(latency(1_620), '1.62 s');
    assert.equal(plain(formats('de').latency(1_620)), '1,62 s');
    assert.equal(latency(90_000), '1 min');
  });

  it('give the exact time in UTC', () => {
    assert.equal(formats('zh').exact('2026-11-24T08:43:11.500Z'), '2026-11-24 08:43:11 UTC');
  });
});

describe('the language of the board', () => {
  it('is the first that the browser prefers and the board has, or English', () => {
    assert.equal(chooseLocale(['fr-FR', 'de-AT', 'en']), 'de');
    assert.equal(chooseLocale(['zh-Hans-CN']), 'zh');
    assert.equal(chooseLocale(['fr']), 'en');
    assert.equal(chooseLocale([]), 'en');
  });
});

describe('ids in lists', () => {
  it('are cut in the middle, and stay whole where they are short', () => {
    assert.equal(shortId('ord_4f9k2m7qxw3tz8bnc5vh1d6yjr0pgsae'), 'ord_4f9k…gsae');
    assert.equal(shortId('we_12345'), 'we_12345');
  });
});
