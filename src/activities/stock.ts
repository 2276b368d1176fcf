import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { StockActivities } from '../contracts/temporal/activities.ts';
import { permanentFaultsFail } from './database-faults.ts';

/** Reserve, and its undo: both are one statement for all orders, and both may come twice or in the wrong order. */
export const createStockActivities = (ledger: OrderLedger): StockActivities => ({
  reserveStock: (orders) => permanentFaultsFail(() => ledger.reserve(orders)),
  releaseStock: (releases) => permanentFaultsFail(() => ledger.release(releases)),
});
