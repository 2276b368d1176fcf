import { data as publishedList } from 'currency-codes';

/** Currencies that ISO 4217 has added since the list of `currency-codes` was published: the Caribbean guilder (amendment 176). */
const ADDED_SINCE: readonly (readonly [string, number])[] = [['XCG', 2]];

/**
 * The digits of each currency's minor unit by ISO 4217. Not from `Intl`: the locale data of a host says how a currency is usually written
 * (HUF, COP and IDR without a fraction), which differs from the standard and from host to host.
 */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...ADDED_SINCE,
  ...publishedList.map(({ code, digits }) => [code, digits] as const),
]);

/** Whether ISO 4217 has a currency of this code, in capitals. */
export const isCurrency = (code: string): boolean => DIGITS.has(code);

/**
 * The number of digits of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for BHD (ISO 4217). 2 for a code that ISO 4217 does not have,
 * so that an order which has one can still be shown.
 */
export const minorDigits = (currency: string): number => DIGITS.get(currency) ?? 2;

/** An amount as a decimal number: 2400 minor units of EUR are `24.00`. Exact, without floating point. */
export function decimalAmount(minorUnits: number, currency: string): string {
  const digits = minorDigits(currency);
  const sign = minorUnits < 0 ? '-' : '';
  const figures = String(Math.abs(minorUnits)).padStart(digits + 1, '0');
  const whole = figures.slice(0, figures.length - digits);
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${figures.slice(-digits)}`;
}

/**
 * Converts an amount in major units, as carriers write it, to minor units: `5.93` of USD is 593. Exact, without floating point. A
 * fraction of a minor unit is rounded up.
 *
 * @throws {RangeError} if the text is not a decimal number of 0 or more, or is too large
 */
export function minorUnitsOf(decimal: string, currency: string): number {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d*))?$/.exec(decimal.trim()) ?? [];
  if (whole === undefined) throw new RangeError(`"${decimal}" is not an amount`);
  const digits = minorDigits(currency);
  const rest = /[1-9]/.test(fraction.slice(digits)) ? 1 : 0;
  const amount = Number(whole + fraction.slice(0, digits).padEnd(digits, '0')) + rest;
  if (!Number.isSafeInteger(amount)) throw new RangeError(`"${decimal}" is too large an amount`);
  return amount;
}

/** Formats an amount for people: 2400 minor units of EUR are `24.00 EUR`. Exact, without floating point. */
export const formatMoney = (minorUnits: number, currency: string): string =>
  `${decimalAmount(minorUnits, currency)} ${currency}`;
