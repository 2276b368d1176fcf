const digitsByCurrency = new Map<string, number>();

/** The number of digits of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for BHD (ISO 4217). */
export function minorDigits(currency: string): number {
  let digits = digitsByCurrency.get(currency);
  if (digits === undefined) {
    // Creating a formatter is slow, and every mail formats several amounts.
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    digitsByCurrency.set(currency, digits);
  }
  return digits;
}

/** Formats an amount for people: 2400 minor units of EUR are `24.00 EUR`. Exact, without floating point. */
export function formatMoney(minorUnits: number, currency: string): string {
  const digits = minorDigits(currency);
  const sign = minorUnits < 0 ? '-' : '';
  const figures = String(Math.abs(minorUnits)).padStart(digits + 1, '0');
  const whole = figures.slice(0, figures.length - digits);
  return digits === 0
    ? `${sign}${whole} ${currency}`
    : `${sign}${whole}.${figures.slice(-digits)} ${currency}`;
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
