import { CarrierRefused, type Rate } from '../../contracts/ports/carrier.ts';
import { minorUnitsOf } from '../../domain/money.ts';
import type { EasyPost } from './client.ts';
import { nullable } from './nullable.ts';

type EasyPostRate = Awaited<ReturnType<EasyPost['Shipment']['retrieve']>>['rates'][number];

export function rateOf({ id, carrier, service, rate, currency, ...rest }: EasyPostRate): Rate {
  const deliveryDays = nullable(rest.delivery_days) ?? nullable(rest.est_delivery_days) ?? undefined;
  return {
    rateId: id,
    carrier,
    service,
    amount: minorUnitsOf(rate, currency),
    currency,
    ...(deliveryDays !== undefined && { deliveryDays }),
  };
}

/**
 * Returns the rate to buy. Prices in different currencies cannot be compared: those in the currency that most rates have, or the first of
 * such currencies, come before all others, whatever the numbers are.
 *
 * @param service `cheapest`, `fastest`, or one service of a carrier, such as `USPS/Priority`; capitals do not matter
 * @throws {CarrierRefused} if there is no such rate
 */
export function chooseRate(rates: readonly Rate[], service: string): Rate {
  const wanted = service.toLowerCase();
  const candidates =
    wanted === 'cheapest' || wanted === 'fastest'
      ? rates
      : rates.filter((rate) => `${rate.carrier}/${rate.service}`.toLowerCase() === wanted);
  const [main] = currenciesOf(candidates);
  const isOther = (rate: Rate): number => (rate.currency === main ? 0 : 1);
  const byPrice = (a: Rate, b: Rate): number =>
    isOther(a) - isOther(b) || (a.currency === b.currency ? a.amount - b.amount : 0);
  const byTime = (a: Rate, b: Rate): number => daysOf(a) - daysOf(b);
  const [best] = [...candidates].sort((a, b) =>
    wanted === 'fastest' ? byTime(a, b) || byPrice(a, b) : byPrice(a, b) || byTime(a, b),
  );
  if (best === undefined) throw new CarrierRefused(rates.length === 0 ? 'no_rates' : 'no_such_service');
  return best;
}

const daysOf = (rate: Rate): number => rate.deliveryDays ?? Number.MAX_SAFE_INTEGER;

/** The currencies of the rates, the most frequent first. */
function currenciesOf(rates: readonly Rate[]): string[] {
  const counts = new Map<string, number>();
  for (const { currency } of rates) counts.set(currency, (counts.get(currency) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([currency]) => currency);
}
