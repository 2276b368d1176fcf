import { CANCELLATION_SCENARIOS } from './cancellations.ts';
import { COUNT_SCENARIOS } from './counts.ts';
import { EXTERNAL_SCENARIOS } from './external.ts';
import { PAYMENT_SCENARIOS } from './payments.ts';
import { REQUEST_SCENARIOS } from './requests.ts';
import { RETURN_SCENARIOS } from './returns.ts';
import { SHIPPING_SCENARIOS } from './shipping.ts';
import { STOCK_SCENARIOS } from './stock.ts';

export type { Scenario } from './scenario.ts';

/** The scenarios that find the mutations, by name. */
export const SCENARIOS = {
  ...PAYMENT_SCENARIOS,
  ...CANCELLATION_SCENARIOS,
  ...STOCK_SCENARIOS,
  ...REQUEST_SCENARIOS,
  ...SHIPPING_SCENARIOS,
  ...RETURN_SCENARIOS,
  ...COUNT_SCENARIOS,
  ...EXTERNAL_SCENARIOS,
};

export type ScenarioName = keyof typeof SCENARIOS;
