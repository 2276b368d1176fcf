import { invalidRequest } from './failure.ts';

/**
 * What Stripe accepts in each currency (docs.stripe.com/currencies), in the units of its API. On purpose not the table of the adapter that
 * calls the sandbox: a mistake in one of them shows as a refusal.
 */
const TWO_DECIMAL =
  'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd ' +
  'egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk ' +
  'mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd ' +
  'std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw';
const ZERO_DECIMAL = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf';
/** The last digit must be 0. */
const THREE_DECIMAL = 'bhd jod kwd omr tnd';
/** Sent with two digits, which must be 00. */
const WITHOUT_FRACTION = 'isk ugx';

/** The number that every amount of a currency must be divisible by. */
const STEPS = new Map([
  ...stepsOf(TWO_DECIMAL, 1),
  ...stepsOf(ZERO_DECIMAL, 1),
  ...stepsOf(THREE_DECIMAL, 10),
  ...stepsOf(WITHOUT_FRACTION, 100),
]);

/** The smallest charge where the account is paid out in the currency of the charge. */
const MINIMUM = new Map([
  ...amountsOf(30, 'gbp'),
  ...amountsOf(50, 'ars aud brl cad chf cop eur idr ils inr jpy krw nzd php rub sgd usd zar'),
  ...amountsOf(100, 'bgn'),
  ...amountsOf(200, 'aed myr pln ron'),
  ...amountsOf(250, 'dkk'),
  ...amountsOf(300, 'nok sek'),
  ...amountsOf(400, 'hkd'),
  ...amountsOf(1_000, 'mxn thb'),
  ...amountsOf(1_500, 'czk'),
  ...amountsOf(17_500, 'huf'),
]);

/** Eight digits, and twelve for IDR. */
const MAXIMUM = 99_999_999;
const MAXIMUM_OF_IDR = 999_999_999_999;

/** How many digits of an amount in the API are behind the decimal point. */
export function digitsOf(currency: string): number {
  if (ZERO_DECIMAL.split(' ').includes(currency)) return 0;
  return THREE_DECIMAL.split(' ').includes(currency) ? 3 : 2;
}

export const isSupported = (currency: string): boolean => STEPS.has(currency);

/** The supported currencies, as Stripe lists them in the error about another one. */
export const supportedCurrencies = (): string => [...STEPS.keys()].sort().join(', ');

/**
 * Refuses an amount that cannot be charged in this currency.
 *
 * @throws {StripeFailure}
 */
export function checkCharge(amount: number, currency: string): void {
  const maximum = currency === 'idr' ? MAXIMUM_OF_IDR : MAXIMUM;
  if (amount > maximum)
    throw invalidRequest('amount_too_large', `Amount must be no more than ${maximum} ${currency}`, 'amount');
  const minimum = MINIMUM.get(currency) ?? 1;
  if (amount < minimum)
    throw invalidRequest('amount_too_small', `Amount must be at least ${minimum} ${currency}`, 'amount');
  checkStep(amount, currency, 'amount');
}

/**
 * Refuses an amount with digits that the currency does not have.
 *
 * @throws {StripeFailure}
 */
export function checkStep(amount: number, currency: string, param: string): void {
  const step = STEPS.get(currency) ?? 1;
  if (amount % step === 0) return;
  const message = `Invalid amount for ${currency}: it must be evenly divisible by ${step}.`;
  throw invalidRequest('invalid_charge_amount', message, param);
}

function stepsOf(currencies: string, step: number): [string, number][] {
  return currencies.split(' ').map((currency) => [currency, step]);
}

function amountsOf(amount: number, currencies: string): [string, number][] {
  return currencies.split(' ').map((currency) => [currency, amount]);
}
