import { CANCELLATION_SCENARIOS } from './cancellations.ts';
import { PAYMENT_SCENARIOS } from './payments.ts';
import { REQUEST_SCENARIOS } from './requests.ts';
import { STOCK_SCENARIOS } from './stock.ts';

export type { Scenario } from './scenario.ts';

/** The scenarios that find the mutations, by name. */
export const SCENARIOS = {
  ...PAYMENT_SCENARIOS,
  ...CANCELLATION_SCENARIOS,
  ...STOCK_SCENARIOS,
  ...REQUEST_SCENARIOS,
};

export type ScenarioName = keyof typeof SCENARIOS;
