/**
 * The currencies whose minor unit has not two digits, by ISO 4217. Not from `Intl`: the locale data of a host differs from the standard
 * (for IQD, for example) and from host to host.
 */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...digitsOf(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...digitsOf(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...digitsOf(4, 'CLF UYW'),
]);

function digitsOf(digits: number, currencies: string): [string, number][] {
  return currencies.split(' ').map((currency) => [currency, digits]);
}

/** The number of digits of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for BHD (ISO 4217). */
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
