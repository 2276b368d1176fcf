import { newId, timestamp } from './ids.ts';
import type { AddressRecord, RateRecord } from './records.ts';
import type { Scenario } from './scenario.ts';

interface Service {
  readonly carrier: string;
  readonly service: string;
  /** In hundredths of the major unit: for the parcel, and for each ounce. */
  readonly base: number;
  readonly perOunce: number;
  readonly days: number | null;
}

const DOMESTIC: readonly Service[] = [
  { carrier: 'USPS', service: 'Express', base: 3125, perOunce: 20, days: 1 },
  { carrier: 'USPS', service: 'Priority', base: 695, perOunce: 9, days: 2 },
  { carrier: 'USPS', service: 'GroundAdvantage', base: 493, perOunce: 6, days: 3 },
  { carrier: 'UPSDAP', service: 'Ground', base: 812, perOunce: 5, days: 4 },
];
const INTERNATIONAL: readonly Service[] = [
  { carrier: 'USPS', service: 'ExpressMailInternational', base: 6210, perOunce: 60, days: 4 },
  { carrier: 'USPS', service: 'PriorityMailInternational', base: 4005, perOunce: 40, days: 8 },
  { carrier: 'USPS', service: 'FirstClassPackageInternationalService', base: 1585, perOunce: 30, days: null },
];

const EURO_COUNTRIES = 'AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' ');
const CURRENCIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(EURO_COUNTRIES.map((country) => [country, 'EUR'])),
  CA: 'CAD',
  CH: 'CHF',
  GB: 'GBP',
  JP: 'JPY',
};

/** Returns the rates of a parcel, in the currency of the country that it is sent from. */
export function ratesOf(
  { from, to }: { readonly from: AddressRecord; readonly to: AddressRecord },
  ounces: number,
  scenario: Scenario | undefined,
): RateRecord[] {
  if (scenario === 'sandbox_no_rates' || scenario === 'sandbox_refused') return [];
  const services = from.country === to.country ? DOMESTIC : INTERNATIONAL;
  return services.map(({ carrier, service, base, perOunce, days }) => ({
    id: newId('rate'),
    created_at: timestamp(),
    carrier,
    service,
    rate: decimal(base + perOunce * Math.ceil(ounces)),
    currency: CURRENCIES[from.country] ?? 'USD',
    delivery_days: days,
  }));
}

const decimal = (hundredths: number): string =>
  `${Math.trunc(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
