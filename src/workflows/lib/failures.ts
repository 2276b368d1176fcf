import { ApplicationFailureCategory } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import {
  MAIL_REFUSED_FAILURE,
  PROVIDER_PAUSED_FAILURE,
  RUN_SUPERSEDED_FAILURE,
  type PausedProvider,
} from '../../contracts/temporal/messages.ts';
import { MAX_LOCAL_ATTEMPTS, MAX_PROVIDER_ATTEMPTS } from './activities.ts';

/**
 * Whether an activity or a child workflow has failed, as opposed to an error in the workflow's own code. The failure of an
 * activity is the cause of an ActivityFailure; that of a local activity is thrown as it is.
 */
export const isStepFailure = (error: unknown): boolean => error instanceof TemporalFailure;

/** Whether the activity has declared that a retry cannot succeed. */
export const isNonRetryable = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

/** Whether PostgreSQL has refused the step because a later run carries the order. */
export const isSuperseded = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === RUN_SUPERSEDED_FAILURE;
};

/** Whether the activity has declared that its failure is part of normal operation, such as a mailer that is busy. */
export const isBenign = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.category === ApplicationFailureCategory.BENIGN;
};

/** Whether the payment provider refuses to charge, for a reason that the customer cannot change. It has charged nothing. */
export const isChargeRefused = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'ChargeRefused';
};

/** What the failure says, if an operator has paused the payment provider. */
export function pausedProvider(error: unknown): PausedProvider | undefined {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure) || cause.type !== PROVIDER_PAUSED_FAILURE) return undefined;
  const [details] = (cause.details ?? []) as Partial<PausedProvider>[];
  // The safe assumption, if the failure does not say it.
  return { mayHaveTaken: details?.mayHaveTaken ?? true };
}

/** Whether the payment provider will never make the refund. */
export const isRefundRefused = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'RefundRefused';
};

/** Whether somebody else may have made the refund at the payment provider. */
export const isRefundMadeElsewhere = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'RefundMadeElsewhere';
};

/** Whether the payment provider does not know the payment, in the account and mode that it is asked in. */
export const isPaymentMissing = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'PaymentMissing';
};

/** The orders with a mail that was not sent, if `notify` says so. Undefined: any mail may be unsent. */
export function ordersOfUnsentMails(error: unknown): string[] | undefined {
  const last = causeOf(error);
  // The time for all attempts may be over. Its cause is the failure of the last attempt.
  const cause = last instanceof TimeoutFailure ? last.cause : last;
  if (!(cause instanceof ApplicationFailure) || !UNSENT_FAILURES.has(cause.type ?? '')) return undefined;
  const [orderIds] = cause.details ?? [];
  return Array.isArray(orderIds) ? orderIds.filter((orderId) => typeof orderId === 'string') : undefined;
}

/** Whether every mail was sent but those that the server refuses for good. Only earlier versions of `notify` fail with it. */
export const areMailsRefused = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === MAIL_REFUSED_FAILURE;
};

const UNSENT_FAILURES: ReadonlySet<string> = new Set([
  ...[MAIL_REFUSED_FAILURE, 'MailFault', 'MailerBusy', 'MailInProgress'],
]);

/**
 * The reason that an operator reads: the failure's type, with its message if it is one of this project's own types, whose
 * messages hold no personal data. Messages of other failures may hold some and are left out.
 */
export function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) return 'Timeout: no answer in time';
  if (!(cause instanceof ApplicationFailure)) return 'Fault';
  const type = cause.type ?? 'Fault';
  return OWN_FAILURE_TYPES.has(type) ? `${type}: ${cause.message}` : type;
}

/** The number of attempts after which an activity has failed with this error. */
export const attemptsOf = (error: unknown): number =>
  isNonRetryable(error) ? 1 : error instanceof ActivityFailure ? MAX_PROVIDER_ATTEMPTS : MAX_LOCAL_ATTEMPTS;

const OWN_FAILURE_TYPES: ReadonlySet<string> = new Set([
  ...['PaymentMissing', 'PaymentUnknown', 'RefundMadeElsewhere', 'RefundRefused', 'RefundReturned'],
  ...[
    'AuthorizationEnded',
    'AuthorizationExpired',
    'CaptureRefused',
    'ChargeRefused',
    'RefundExceedsCaptured',
  ],
  ...[
    'AddressMissing',
    'AddressRefused',
    'CarrierRefused',
    'CarrierUnavailable',
    'ExchangeRefused',
    'ParcelProblem',
    'StockShort',
  ],
  ...['DatabaseFault', 'InvariantViolated', 'MailFault', MAIL_REFUSED_FAILURE],
]);

const causeOf = (error: unknown): unknown => (error instanceof ActivityFailure ? error.cause : error);
