/** An amount with its currency, such as `24.00 EUR`. Exact, because it calculates with whole numbers only. `minor`: minor units. */
export function formatMoney(minor: number, currency: string): string {
  const digits = fractionDigits(currency);
  const all = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = all.slice(0, all.length - digits);
  const fraction = digits === 0 ? '' : `.${all.slice(-digits)}`;
  return `${minor < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

/** How many decimal places a currency has: 2 for EUR, 0 for JPY, 3 for KWD. */
function fractionDigits(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // not a currency code: two digits, as most currencies have
  }
}
