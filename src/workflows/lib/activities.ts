import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  GroupActivities,
  NotificationActivities,
  PaymentActivities,
} from '../../contracts/temporal/activities.ts';
import type { LedgerActivities } from '../../contracts/temporal/ledger-steps.ts';
import { TASK_QUEUES } from '../../contracts/temporal/names.ts';

export const MAX_LOCAL_ATTEMPTS = 8;
export const MAX_PROVIDER_ATTEMPTS = 5;

/** Activities that use only PostgreSQL are local activities: they need no round trip to the Temporal server and no task queue. */
export const {
  reserveStock,
  releaseStock,
  confirmOrder,
  abandonOrder,
  recordWaiting,
  recordReview,
  beginRefund,
  finishRefund,
  beginCancellation,
  finishCancellation,
  beginCapture,
  finishCapture,
  renewAuthorization,
  findPayments,
  reconcilePayment,
  finishReturnedRefund,
  isLatePayment,
  recordLatePayment,
  recordDisputes,
} = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '50ms',
    backoffCoefficient: 2,
    maximumInterval: '2s',
    maximumAttempts: MAX_LOCAL_ATTEMPTS,
  },
});

/** Few attempts, because the step itself is retried meanwhile and PostgreSQL may be what it waits for. */
export const { parkStep, resolveStep } = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/**
 * Requests to the payment provider. The missing heartbeat shows that a worker has died. When the attempts are used up the
 * outcome is unknown, which is not a decline: the workflow keeps asking the provider.
 */
export const {
  chargePayment,
  retrievePayment,
  readOrderPayments,
  voidPayment,
  refundPayment,
  capturePayment,
  readDisputes,
} = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  retry: {
    initialInterval: '300ms',
    backoffCoefficient: 2,
    maximumInterval: '5s',
    maximumAttempts: MAX_PROVIDER_ATTEMPTS,
  },
});

/** Retried until an operator releases the provider. Each failure says when the next attempt is to be made. */
export const { awaitProvider } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '30s' },
});

/** Retried until the provider answers: before the order is known, there is nothing to show to an operator. */
export const { readDisputes: findDisputedOrder } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
});

/**
 * The first attempt of a charge, as a local activity: it decides nearly every payment without another round trip to the
 * Temporal server. After a timeout or a fault, `chargePayment` asks the provider again and may wait longer.
 */
export const { chargePayment: chargePaymentLocally } = proxyLocalActivities<PaymentActivities>({
  startToCloseTimeout: '1s',
  retry: { maximumAttempts: 1 },
});

/** Charges the orders of a group. When it fails, the provider may have charged any of them. */
export const { settleCharges } = proxyActivities<GroupActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  retry: {
    initialInterval: '300ms',
    backoffCoefficient: 2,
    maximumAttempts: MAX_PROVIDER_ATTEMPTS,
  },
});

/**
 * The first attempt of a mail, as a local activity: it sends nearly every mail without another round trip to the Temporal
 * server. The order is decided before it starts.
 */
export const { notify: notifyLocally } = proxyLocalActivities<NotificationActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

const MAIL_ATTEMPT = {
  taskQueue: TASK_QUEUES.notifications,
  startToCloseTimeout: '60s',
  heartbeatTimeout: '15s',
} as const;

/**
 * Retries a mail whose first attempt has failed: for a day, since a mail server may be unavailable for so long and no operator can do more
 * than wait for it. Then, or at once when the server refuses the mail for good, the mail waits for an operator.
 */
export const { notify } = proxyActivities<NotificationActivities>({
  ...MAIL_ATTEMPT,
  scheduleToCloseTimeout: '24h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
});

/** Retries the mails of a group for a short time. Then the own workflow of each order retries its mails. */
export const { notify: notifyGroup } = proxyActivities<NotificationActivities>({
  ...MAIL_ATTEMPT,
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
});
