import type {
  CheckoutOrder,
  OrderAnswer,
  PaymentConfirmation,
  StockRelease,
  WaitingUpdate,
} from '../../contracts/checkout.ts';
import { callFunction, type Pool } from './pool.ts';

/**
 * Everything that changes orders, stock and money records. Each call is one statement and one transaction for any
 * number of orders, writes the events with the change, and may be repeated: an order that has already moved on is
 * left alone and answers what it is. Throws only on faults, which the caller retries.
 */
export interface OrderLedger {
  reserve(orders: CheckoutOrder[]): Promise<OrderAnswer[]>;
  confirm(confirmations: PaymentConfirmation[]): Promise<OrderAnswer[]>;
  recordWaiting(updates: WaitingUpdate[]): Promise<OrderAnswer[]>;
  release(releases: StockRelease[]): Promise<OrderAnswer[]>;
}

export function createOrderLedger(pool: Pool): OrderLedger {
  return {
    reserve: (orders) => callFunction(pool, 'reserve_stock', orders),
    confirm: (confirmations) => callFunction(pool, 'confirm_orders', confirmations),
    recordWaiting: (updates) => callFunction(pool, 'record_waiting', updates),
    release: (releases) => callFunction(pool, 'release_stock', releases),
  };
}
