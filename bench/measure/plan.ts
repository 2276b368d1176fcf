import type { VariantName } from '../variants/catalogue.ts';

export interface Plan {
  readonly rounds: number;
  /** Of a whole load, in milliseconds. */
  readonly loadMs: number;
}

/** The duration of the warm-up before each load, as a share of the duration of the load. */
export const WARM_UP_SHARE = 0.15;

/** How many orders each variant has answered, including those of the warm-ups. */
export type OrderCounts = Map<VariantName, number>;
