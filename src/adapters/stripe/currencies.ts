/**
 * Stripe's own rules for currencies, which differ from ISO 4217. Every amount here is in the unit of Stripe's API.
 * @see https://docs.stripe.com/currencies
 */
export interface StripeCurrency {
  /** How many digits of an amount in the API are behind the decimal point. */
  readonly digits: number;
  /** Every amount is a multiple of it. */
  readonly step: number;
  /** The smallest charge, if Stripe names one for accounts that are paid out in this currency. */
  readonly minimum: number;
  /** The largest charge. */
  readonly maximum: number;
}

/** The currencies in which a card can be charged. */
const SUPPORTED = words(
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CVE ' +
    'CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR ' +
    'KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB ' +
    'PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX ' +
    'USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW',
);

/** Without UGX, which has become one, but keeps two digits in the API. MGA has two digits by ISO 4217. */
const ZERO_DECIMAL = words('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF');

/** The last digit of an amount must be 0. */
const THREE_DECIMAL = words('BHD JOD KWD OMR TND');

/** Have no minor unit by ISO 4217, but two digits in the API, both of which must be 0. */
const ZERO_DECIMAL_WITH_TWO_DIGITS = words('ISK UGX');

/**
 * The smallest charge of an account that is paid out in the currency of the charge. An account that is paid out in another currency has to
 * reach the minimum of that one after conversion, which only Stripe can tell.
 */
const MINIMUM: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ AED: 200, ARS: 50, AUD: 50, BGN: 100, BRL: 50, CAD: 50, CHF: 50, COP: 50, CZK: 1_500, DKK: 250 },
    ...{ EUR: 50, GBP: 30, HKD: 400, HUF: 17_500, IDR: 50, ILS: 50, INR: 50, JPY: 50, KRW: 50, MXN: 1_000 },
    ...{ MYR: 200, NOK: 300, NZD: 50, PHP: 50, PLN: 200, RON: 200, RUB: 50, SEK: 300, SGD: 50, THB: 1_000 },
    ...{ USD: 50, ZAR: 50 },
  }),
);

/** Eight digits, but twelve for IDR. */
const MAXIMUM = 99_999_999;
const MAXIMUM_OF_IDR = 999_999_999_999;

/** The currencies that Stripe can charge, by their code in capitals. */
export const STRIPE_CURRENCIES: ReadonlyMap<string, StripeCurrency> = new Map(
  [...SUPPORTED].map((code) => {
    const { digits, step } = scaleOf(code);
    const maximum = code === 'IDR' ? MAXIMUM_OF_IDR : MAXIMUM;
    return [code, { digits, step, minimum: MINIMUM.get(code) ?? step, maximum: maximum - (maximum % step) }];
  }),
);

function scaleOf(code: string): Pick<StripeCurrency, 'digits' | 'step'> {
  if (ZERO_DECIMAL.has(code)) return { digits: 0, step: 1 };
  if (THREE_DECIMAL.has(code)) return { digits: 3, step: 10 };
  if (ZERO_DECIMAL_WITH_TWO_DIGITS.has(code)) return { digits: 2, step: 100 };
  return { digits: 2, step: 1 };
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
