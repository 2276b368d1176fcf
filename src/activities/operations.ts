import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { OperationActivities } from '../contracts/temporal/activities.ts';
import { permanentFaultsFail } from './database-faults.ts';

/** The books of refunds, captures and cancellations: what is booked before the provider is asked, and how it ended. */
export const createOperationActivities = (ledger: OrderLedger): OperationActivities => ({
  beginRefund: (refunds) => permanentFaultsFail(() => ledger.beginRefund(refunds)),
  finishRefund: (refunds) => permanentFaultsFail(() => ledger.finishRefund(refunds)),
  beginCancellation: (cancellations) => permanentFaultsFail(() => ledger.beginCancellation(cancellations)),
  finishCancellation: (cancellations) => permanentFaultsFail(() => ledger.finishCancellation(cancellations)),
  beginCapture: (captures) => permanentFaultsFail(() => ledger.beginCapture(captures)),
  finishCapture: (captures) => permanentFaultsFail(() => ledger.finishCapture(captures)),
  renewAuthorization: (renewals) => permanentFaultsFail(() => ledger.renewAuthorization(renewals)),
  finishReturnedRefund: (refunds) => permanentFaultsFail(() => ledger.finishReturnedRefund(refunds)),
  isLatePayment: (payments) => permanentFaultsFail(() => ledger.isLatePayment(payments)),
  recordLatePayment: (payments) => permanentFaultsFail(() => ledger.recordLatePayment(payments)),
});
