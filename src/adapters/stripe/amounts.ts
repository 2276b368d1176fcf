import type { ChargeRefusal, ChargeRules } from '../../contracts/ports/charge-rules.ts';
import { formatMoney, minorDigits } from '../../domain/money.ts';
import { STRIPE_CURRENCIES, type StripeCurrency } from './currencies.ts';

/**
 * The only conversion between our amounts, which are minor units by ISO 4217, and those of Stripe's API. Most currencies have the same
 * digits in both. ISK and UGX have none by ISO 4217 and two at Stripe; MGA has two by ISO 4217 and none at Stripe.
 */

/** An amount that Stripe's API cannot express or would refuse for its last digits. Nothing was requested. */
export class UnchargeableAmount extends Error {
  /** `invalid_charge_amount` is Stripe's code; it has none for a currency that it does not support. */
  readonly code: 'invalid_charge_amount' | 'currency_not_supported';

  constructor(refusal: ChargeRefusal, amount: number, currency: string) {
    super(`${formatMoney(amount, currency)} cannot be charged: ${refusal.message}`);
    this.name = 'UnchargeableAmount';
    this.code = refusal.code === 'currency_not_supported' ? refusal.code : 'invalid_charge_amount';
  }
}

/**
 * Converts minor units by ISO 4217 to an amount of Stripe's API. Exact.
 *
 * @throws {UnchargeableAmount} if Stripe does not support the currency, or the amount is not a multiple of its step
 */
export function toStripeAmount(minorUnits: number, currency: string): number {
  const code = currency.toUpperCase();
  const refusal = chargeRules.refusePart(minorUnits, code);
  if (refusal) throw new UnchargeableAmount(refusal, minorUnits, code);
  const shift = shiftOf(code);
  return shift >= 0 ? minorUnits * 10 ** shift : minorUnits / 10 ** -shift;
}

/**
 * Converts an amount of Stripe's API to minor units by ISO 4217. An old charge may have a fraction that the currency has no more: it is
 * rounded.
 *
 * @param currency in capitals or, as in Stripe's API, in small letters
 */
export function fromStripeAmount(amount: number, currency: string): number {
  const shift = shiftOf(currency.toUpperCase());
  return shift > 0 ? Math.round(amount / 10 ** shift) : amount * 10 ** -shift;
}

/** What Stripe can charge. */
export const chargeRules: ChargeRules = {
  toMinorUnits: fromStripeAmount,

  refusePrice(unitPrice, code) {
    const currency = STRIPE_CURRENCIES.get(code);
    if (!currency) return notSupported(code);
    return refuseStep(unitPrice, code, currency) ?? refuseLarge(unitPrice, code, currency);
  },

  refuseTotal(total, code) {
    if (total === 0) return undefined;
    const currency = STRIPE_CURRENCIES.get(code);
    if (!currency) return notSupported(code);
    return (
      refuseStep(total, code, currency) ??
      refuseSmall(total, code, currency) ??
      refuseLarge(total, code, currency)
    );
  },

  refusePart(amount, code) {
    const currency = STRIPE_CURRENCIES.get(code);
    return currency ? refuseStep(amount, code, currency) : notSupported(code);
  },
};

/** By how many digits the amounts of Stripe's API are longer than ours. 0 for a currency that Stripe's table does not have. */
function shiftOf(code: string): number {
  const digits = STRIPE_CURRENCIES.get(code)?.digits;
  return digits === undefined ? 0 : digits - minorDigits(code);
}

const notSupported = (code: string): ChargeRefusal => ({
  code: 'currency_not_supported',
  message: `${code} is not a currency that the payment provider can charge`,
});

function refuseStep(amount: number, code: string, currency: StripeCurrency): ChargeRefusal | undefined {
  const step = stepOf(code, currency);
  if (amount % step === 0) return undefined;
  const message = `must be a multiple of ${step} (${formatMoney(step, code)}), which is the smallest step that the payment provider can charge`;
  return { code: 'amount_not_chargeable', message };
}

function refuseSmall(amount: number, code: string, { minimum }: StripeCurrency): ChargeRefusal | undefined {
  const least = fromStripeAmount(minimum, code);
  if (amount >= least) return undefined;
  const message = `must be at least ${least} (${formatMoney(least, code)}), which is the payment provider's smallest charge`;
  return { code: 'amount_not_chargeable', message };
}

function refuseLarge(amount: number, code: string, { maximum }: StripeCurrency): ChargeRefusal | undefined {
  const most = fromStripeAmount(maximum, code);
  if (amount <= most) return undefined;
  const message = `must be at most ${most} (${formatMoney(most, code)}), which is the payment provider's largest charge`;
  return { code: 'amount_not_chargeable', message };
}

/** Minor units by ISO 4217 of which every amount is a multiple. */
function stepOf(code: string, { step }: StripeCurrency): number {
  const shift = shiftOf(code);
  return shift > 0 ? Math.max(1, step / 10 ** shift) : step * 10 ** -shift;
}
