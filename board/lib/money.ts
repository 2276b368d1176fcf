import { INTL_LOCALE, type Locale } from './locale.ts';

/** The currencies of ISO 4217 whose minor unit has other than 2 digits. A test compares them with the list of the server. */
const DIGITS: Readonly<Record<string, number>> = {
  ...{ BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0 },
  ...{ VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0 },
  // Metals, units of account and codes for tests have no minor unit.
  ...{
    XAG: 0,
    XAU: 0,
    XBA: 0,
    XBB: 0,
    XBC: 0,
    XBD: 0,
    XDR: 0,
    XPD: 0,
    XPT: 0,
    XSU: 0,
    XTS: 0,
    XUA: 0,
    XXX: 0,
  },
  ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4 },
};

/** The number of digits of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for BHD. */
export const minorDigits = (currency: string): number => DIGITS[currency] ?? 2;

const MINUS = '−';

/** An amount in minor units without its currency: 123450 of EUR is `1,234.50`. Exact: no floating point. */
export function formatAmount(minorUnits: number, currency: string, locale: Locale): string {
  const digits = minorDigits(currency);
  const figures = String(Math.abs(minorUnits)).padStart(digits + 1, '0');
  const whole = new Intl.NumberFormat(INTL_LOCALE[locale]).format(
    BigInt(figures.slice(0, figures.length - digits)),
  );
  const sign = minorUnits < 0 ? MINUS : '';
  return digits === 0
    ? `${sign}${whole}`
    : `${sign}${whole}${locale === 'de' ? ',' : '.'}${figures.slice(-digits)}`;
}

/** An amount with its currency after it. */
export const formatMoney = (minorUnits: number, currency: string, locale: Locale): string =>
  `${formatAmount(minorUnits, currency, locale)}\u00a0${currency}`;

/**
 * Reads what a person has typed as an amount: `12.50`, or `12,50` in German. Returns minor units, or `undefined` if it is no amount
 * above 0, or has more digits than the currency.
 */
export function parseAmount(text: string, currency: string, locale: Locale): number | undefined {
  const [group, separator] = locale === 'de' ? ['.', ','] : [',', '.'];
  const plain = text.trim().replaceAll(/\s/g, '');
  const [, whole, fraction = ''] =
    new RegExp(`^(\\d{1,3}(?:\\${group}\\d{3})+|\\d+)(?:\\${separator}(\\d+))?$`).exec(plain) ?? [];
  if (whole === undefined) return undefined;
  const digits = minorDigits(currency);
  if (fraction.length > digits) return undefined;
  const amount = Number(whole.replaceAll(group, '') + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(amount) && amount > 0 ? amount : undefined;
}
