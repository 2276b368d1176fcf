import { decimalAmount, minorDigits } from '../../domain/money.ts';

/** Writes amounts and dates in one language. */
export interface MailFormat {
  /** Minor units. The digits are those of ISO 4217, whatever the locale data of the host says. */
  money: (minorUnits: number, currency: string) => string;
  /** The day of an ISO 8601 time, in UTC. */
  date: (time: string) => string;
  /** The day and the time of an ISO 8601 time, in UTC. */
  dateTime: (time: string) => string;
  number: (value: number) => string;
  /** The name of a country by its ISO 3166-1 code. */
  country: (code: string) => string;
}

export function createFormat(language: string): MailFormat {
  // Creating a formatter is slow, and every mail formats several amounts.
  const currencies = new Map<string, Intl.NumberFormat>();
  // Most mails of a day show that day, and formatting it takes as long as the rest of a mail.
  let latest = { day: '', text: '' };
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const times = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const numbers = new Intl.NumberFormat(language);
  const countries = new Intl.DisplayNames(language, { type: 'region' });

  function ofCurrency(currency: string): Intl.NumberFormat {
    let format = currencies.get(currency);
    if (format === undefined) {
      const digits = minorDigits(currency);
      format = new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      currencies.set(currency, format);
    }
    return format;
  }

  return {
    money(minorUnits, currency) {
      const amount = decimalAmount(minorUnits, currency);
      return isNumeric(amount) ? ofCurrency(currency).format(amount) : `${amount} ${currency}`;
    },
    date(time) {
      const at = new Date(time);
      const day = at.toISOString().slice(0, 10);
      if (latest.day !== day) latest = { day, text: dates.format(at) };
      return latest.text;
    },
    dateTime: (time) => `${times.format(new Date(time))} UTC`,
    number: (value) => numbers.format(value),
    country: (code) => countries.of(code) ?? code,
  };
}

const isNumeric = (text: string): text is `${number}` => text !== '' && Number.isFinite(Number(text));
