import { gather } from './batch.ts';
import type { OrderLedger } from './order-ledger.ts';

/** Measured, PostgreSQL's time an order: 0.42 ms in a statement of 10, 0.23 ms of 100, 0.22 ms of 200. */
const MAX_ITEMS = 100;

/** With the pool's statement timeout, less than the 10 s that a step may take. */
const MAX_WAIT_MS = 1_500;

/**
 * Reserves, confirms and releases the orders of concurrent callers in one statement each. Buyers of one hot item would
 * otherwise wait for its row, one commit after another; now they wait for one together. Each call still succeeds or fails
 * by itself, first come first served, and all else is as {@link OrderLedger} says.
 *
 * @param limits `maxWaitMs`: a call that could not begin within this time fails, to be tried again
 */
export function batchedLedger(ledger: OrderLedger, limits: { maxWaitMs?: number } = {}): OrderLedger {
  /** The functions that end orders do not take the same order twice; in the next statement it answers what it has become. */
  const gathered = <T extends { orderId: string }, R>(run: (items: T[]) => Promise<R[]>) =>
    gather(run, {
      maxItems: MAX_ITEMS,
      maxWaitMs: MAX_WAIT_MS,
      ...limits,
      keyOf: ({ orderId }) => orderId,
    });
  return {
    ...ledger,
    reserve: gathered((orders) => ledger.reserve(orders)),
    confirm: gathered((confirmations) => ledger.confirm(confirmations)),
    release: gathered((releases) => ledger.release(releases)),
  };
}
