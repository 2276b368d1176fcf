import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type {
  GroupActivities,
  NotificationActivities,
  PaymentActivities,
} from '../../contracts/temporal/activities.ts';
import type { LedgerActivities } from '../../contracts/temporal/ledger-steps.ts';
import { TASK_QUEUES } from '../../contracts/temporal/names.ts';

const LOCAL_ATTEMPTS = 8;
const PROVIDER_ATTEMPTS = 5;

/** Steps that touch only our PostgreSQL run inside the workflow task: no round trip to the server, no queue. */
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
  finishReturnedRefund,
  isLatePayment,
  recordLatePayment,
} = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '50ms',
    backoffCoefficient: 2,
    maximumInterval: '2s',
    maximumAttempts: LOCAL_ATTEMPTS,
  },
});

/** That a step waits for an operator is worth telling, and not worth waiting for: PostgreSQL may be what is away. */
export const { parkStep, resolveStep } = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/**
 * Calls to the payment provider. A worker that dies in the middle is noticed by its missing heartbeat. When the
 * attempts are used up the outcome is unknown, which is not a decline: the story goes on asking.
 */
export const { chargePayment, retrievePayment, voidPayment, refundPayment, capturePayment } =
  proxyActivities<PaymentActivities>({
    startToCloseTimeout: '60s',
    heartbeatTimeout: '10s',
    retry: {
      initialInterval: '300ms',
      backoffCoefficient: 2,
      maximumInterval: '5s',
      maximumAttempts: PROVIDER_ATTEMPTS,
    },
  });

/**
 * A charge's first try, within the order's own task: nearly every payment is decided so, and the order needs no more trips to
 * the server. Whoever is slower is asked again by the step above, which may wait.
 */
export const { chargePayment: chargeAtOnce } = proxyLocalActivities<PaymentActivities>({
  startToCloseTimeout: '1s',
  retry: { maximumAttempts: 1 },
});

/** The charges of a group: as long as one charge at most, and the provider may have been asked when it fails. */
export const { settleCharges } = proxyActivities<GroupActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '300ms', backoffCoefficient: 2, maximumAttempts: PROVIDER_ATTEMPTS },
});

/**
 * A mail's first try, within the order's own task: nearly every one leaves so, and costs the order no more trips to the
 * server. It is short, and the order is decided before it.
 */
export const { notify: notifyAtOnce } = proxyLocalActivities<NotificationActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

/** A mail that did not leave at once is tried beside the order, often; after a quarter of an hour somebody has to look. */
export const { notify } = proxyActivities<NotificationActivities>({
  taskQueue: TASK_QUEUES.notifications,
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '15m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
});

/**
 * A step failed beyond its retries, as against a mistake in the workflow's own code. A local activity's failure comes
 * bare, an ordinary one's inside an ActivityFailure.
 */
export const isStepFailure = (error: unknown): boolean => error instanceof TemporalFailure;

/** No quick retry cures it, as whoever failed knows. */
export const isFinal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

/** What an operator is told of a failure. Our own activities fail in words without personal data; nobody else's are repeated. */
export function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) return 'Timeout: no answer in time';
  if (!(cause instanceof ApplicationFailure)) return 'Fault';
  const type = cause.type ?? 'Fault';
  return OUR_FAILURES.has(type) ? `${type}: ${cause.message}` : type;
}

/** How often a step was tried in one round. */
export const attemptsOf = (error: unknown): number =>
  isFinal(error) ? 1 : error instanceof ActivityFailure ? PROVIDER_ATTEMPTS : LOCAL_ATTEMPTS;

const OUR_FAILURES: ReadonlySet<string> = new Set([
  ...['PaymentUnknown', 'RefundRefused', 'RefundReturned', 'AuthorizationExpired', 'CaptureRefused'],
  ...['DatabaseFault', 'InvariantViolated', 'MailFault', 'MailRefused'],
]);

const causeOf = (error: unknown): unknown => (error instanceof ActivityFailure ? error.cause : error);

/** The outcome of a step that was taken for one order. */
export function only<T>(outcomes: T[]): T {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('a step answered nothing for its order');
  return outcome;
}
