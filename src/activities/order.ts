import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { OrderActivities } from '../contracts/temporal/activities.ts';
import { permanentFaultsFail } from './database-faults.ts';

/** What PostgreSQL keeps of an order's way: that it waits, for whom, and that it is paid. */
export const createOrderActivities = (ledger: OrderLedger): OrderActivities => ({
  recordWaiting: (updates) => permanentFaultsFail(() => ledger.recordWaiting(updates)),
  confirmOrder: (confirmations) => permanentFaultsFail(() => ledger.confirm(confirmations)),
  abandonOrder: (orders) => permanentFaultsFail(() => ledger.abandon(orders)),
  recordReview: (reviews) => permanentFaultsFail(() => ledger.recordReview(reviews)),
  parkStep: (steps) => permanentFaultsFail(() => ledger.park(steps)),
  resolveStep: (steps) => permanentFaultsFail(() => ledger.attend(steps)),
});
