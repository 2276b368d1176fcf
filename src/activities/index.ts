import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { AuditActivities } from '../contracts/http/audit.ts';
import type {
  GroupActivities,
  NotificationActivities,
  OperationActivities,
  OrderActivities,
  PaymentActivities,
  StockActivities,
} from '../contracts/temporal/activities.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { createAuditActivities, type AuditParts } from './audit.ts';
import { createGroupActivities } from './group.ts';
import { createNotificationActivities } from './notification.ts';
import { createOperationActivities } from './operations.ts';
import { createOrderActivities } from './order.ts';
import { createPaymentActivities } from './payment.ts';
import { createStockActivities } from './stock.ts';

/** The outside world of an order. */
export interface CheckoutAdapters {
  ledger: OrderLedger;
  provider: PaymentProvider;
  mails: MailLog;
  mailer: Mailer;
  /** Absent: this worker takes no audits. */
  audit?: AuditParts;
}

/** What the worker of task queue `checkout` runs. */
export const createCheckoutActivities = ({
  ledger,
  provider,
  mails,
  mailer,
  audit,
}: CheckoutAdapters): StockActivities &
  OrderActivities &
  PaymentActivities &
  GroupActivities &
  OperationActivities &
  NotificationActivities &
  Partial<AuditActivities> => ({
  ...createStockActivities(ledger),
  ...createOrderActivities(ledger),
  ...createPaymentActivities(provider),
  ...createGroupActivities(ledger, provider),
  ...createOperationActivities(ledger),
  ...createNotificationActivities(mails, mailer),
  ...(audit && createAuditActivities(audit)),
});

/** What the worker of task queue `notifications` runs. */
export const createMailActivities = (mails: MailLog, mailer: Mailer): NotificationActivities =>
  createNotificationActivities(mails, mailer);
