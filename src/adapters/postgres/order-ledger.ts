import type { OrderResult } from '../../contracts/temporal/checkout.ts';
import {
  LEDGER_STEPS,
  mapLedgerSteps,
  type LedgerActivities,
} from '../../contracts/temporal/ledger-steps.ts';
import { callFunction, type Pool } from './pool.ts';

/**
 * Everything that changes orders, stock and payments. What each method does and may be called with is declared in
 * {@link LEDGER_STEPS}. The methods throw only on faults of the database, which the caller retries.
 */
export interface OrderLedger extends LedgerActivities {
  /** Returns what each order is now, in the order asked. Changes nothing. */
  getOrders(orders: { orderId: string }[]): Promise<OrderResult[]>;
}

export const createOrderLedger = (pool: Pool): OrderLedger => ({
  ...mapLedgerSteps((name) => (items) => callFunction(pool, LEDGER_STEPS[name].sqlFunction, items)),
  getOrders: (orders) => callFunction(pool, 'get_orders', orders),
});
