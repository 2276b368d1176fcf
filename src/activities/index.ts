import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { ReturnStore } from '../adapters/postgres/return-store.ts';
import type { ShipmentStore } from '../adapters/postgres/shipment-store.ts';
import type { FulfilmentPolicy } from '../contracts/fulfilment-policy.ts';
import type { AuditActivities } from '../contracts/http/audit.ts';
import type {
  GroupActivities,
  NotificationActivities,
  PaymentActivities,
} from '../contracts/temporal/activities.ts';
import type { BatchActivities } from '../contracts/temporal/batches.ts';
import type { CarrierActivities, FulfilmentStepActivities } from '../contracts/temporal/fulfilment.ts';
import type { ReturnActivities, ReturnStepActivities } from '../contracts/temporal/returns.ts';
import type { LedgerActivities } from '../contracts/temporal/ledger-steps.ts';
import type { Carrier } from '../contracts/ports/carrier.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { createAuditActivities, type AuditParts } from './audit.ts';
import { createBatchActivities, type BatchActivityParts } from './batches.ts';
import { createCarrierActivities } from './carrier.ts';
import { createFulfilmentActivities } from './fulfilment.ts';
import { createGroupActivities } from './group.ts';
import { createLedgerActivities } from './ledger.ts';
import { createNotificationActivities, type MailStyle, type NotificationParts } from './notification.ts';
import { createPaymentActivities } from './payment.ts';
import { createReturnActivities, type ReturnActivityParts } from './returns.ts';

/** Everything outside the process that the activities of a checkout call. */
export interface CheckoutAdapters {
  ledger: OrderLedger;
  provider: PaymentProvider;
  /** What operators have paused. Default: nothing. */
  brakes?: Brakes;
  mails: MailLog;
  mailer: Mailer;
  mailStyle: MailStyle;
  inBackground?: NotificationParts['inBackground'];
  /** Absent: this worker runs no audits. */
  audit?: AuditParts;
  /** Absent: this worker carries no batches. */
  batches?: BatchActivityParts;
}

/** The activities of the worker of task queue `checkout`. */
export const createCheckoutActivities = ({
  ledger,
  provider,
  brakes,
  mails,
  mailer,
  mailStyle,
  inBackground,
  audit,
  batches,
}: CheckoutAdapters): LedgerActivities &
  PaymentActivities &
  GroupActivities &
  NotificationActivities &
  Partial<AuditActivities & BatchActivities> => ({
  ...createLedgerActivities(ledger),
  ...createPaymentActivities(provider, ledger, brakes),
  ...createGroupActivities(ledger, provider, brakes),
  ...createNotificationActivities({
    mails,
    mailer,
    style: mailStyle,
    ...(inBackground && { inBackground }),
  }),
  ...(audit && createAuditActivities(audit)),
  ...(batches && createBatchActivities(batches)),
});

/** The activities of the worker of task queue `notifications`. */
export const createMailActivities = (parts: NotificationParts): NotificationActivities =>
  createNotificationActivities(parts);

/** Everything outside the process that the activities of fulfilment call. */
export interface FulfilmentAdapters {
  ledger: LedgerActivities;
  shipments: ShipmentStore;
  returns: ReturnStore;
  placeOrder: ReturnActivityParts['placeOrder'];
  carrier: Carrier;
  notifications: NotificationParts;
  policy: FulfilmentPolicy;
}

/** The activities of the worker of task queue `fulfilment`. The steps of the ledger include those that park a step. */
export const createShippingActivities = ({
  ledger,
  shipments,
  returns,
  placeOrder,
  carrier,
  notifications,
  policy,
}: FulfilmentAdapters): LedgerActivities &
  FulfilmentStepActivities &
  CarrierActivities &
  ReturnStepActivities &
  ReturnActivities &
  NotificationActivities => ({
  ...createLedgerActivities(ledger),
  ...createFulfilmentActivities(shipments, policy),
  ...createCarrierActivities({ shipments, carrier, service: policy.service }),
  ...createReturnActivities({ returns, carrier, service: policy.service, placeOrder }),
  ...createNotificationActivities(notifications),
});
