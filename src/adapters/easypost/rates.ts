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
 * Returns the rate to buy.
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
  const [best] = [...candidates].sort(wanted === 'fastest' ? byTime : byPrice);
  if (best === undefined) throw new CarrierRefused(rates.length === 0 ? 'no_rates' : 'no_such_service');
  return best;
}

const daysOf = (rate: Rate): number => rate.deliveryDays ?? Number.MAX_SAFE_INTEGER;
const byPrice = (a: Rate, b: Rate): number => a.amount - b.amount || daysOf(a) - daysOf(b);
const byTime = (a: Rate, b: Rate): number => daysOf(a) - daysOf(b) || a.amount - b.amount;
