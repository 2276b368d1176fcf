import { HUNDRED_SKUS } from '../../harness/load/order-mix.ts';

/** What kind of load is put on a variant. */
export interface Shape {
  /** Closed loop: so many orders at a time, each sent as soon as another one is answered. With a `rate`: the maximum. */
  readonly inFlight: number;
  /** Open loop: so many orders a second, whether or not earlier ones are answered. */
  readonly rate?: number;
  readonly skus: readonly string[];
  /** How long the payment provider takes for each response. Milliseconds. */
  readonly providerMs: number;
  /** Whether one order in a hundred is paid by a method that takes three seconds. */
  readonly hasSlowPayments: boolean;
}

export const IN_FLIGHT = 50;

/** The shape that most loads have: fifty orders at a time, a hundred items, a provider that responds at once. */
export const DEFAULT_SHAPE: Shape = {
  inFlight: IN_FLIGHT,
  skus: HUNDRED_SKUS,
  providerMs: 0,
  hasSlowPayments: false,
};
export const SEQUENTIAL_SHAPE: Shape = { ...DEFAULT_SHAPE, inFlight: 1 };
