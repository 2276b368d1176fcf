import type { ProblemCode } from '../errors.ts';

/** Why an amount cannot be charged. */
export interface ChargeRefusal {
  code: Extract<ProblemCode, 'currency_not_supported' | 'amount_not_chargeable'>;
  /** For a person; follows the name of the field: `must be a multiple of 10 …`. */
  message: string;
}

/**
 * What the payment provider can charge, and how it counts money. Most is checked so that what it would refuse is refused when an item enters the catalogue or an order is placed.
 * All amounts are in minor units by ISO 4217, and 0 is never refused, since nothing is charged for it. Each returns `undefined` where
 * there is nothing against the amount.
 */
export interface ChargeRules {
  /** Of one piece. The smallest charge is not checked, because only the total of an order has to reach it. */
  refusePrice(unitPrice: number, currency: string): ChargeRefusal | undefined;
  /** Of an order. */
  refuseTotal(total: number, currency: string): ChargeRefusal | undefined;
  /** Of a capture or a refund, which may be smaller than the smallest charge. */
  refusePart(amount: number, currency: string): ChargeRefusal | undefined;
  /** An amount in the provider's own units, such as its events have, in minor units. `currency` in letters of either case. */
  toMinorUnits(providerAmount: number, currency: string): number;
}
