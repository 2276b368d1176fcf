import { ApplicationFailure, sleep, uuid4 } from '@temporalio/workflow';
import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import type { ProviderPaymentState, ReconciledPayment } from '../../contracts/temporal/reconciliation.ts';
import { pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { formatMoney } from '../../domain/money.ts';
import {
  findPayments,
  finishRefund,
  readOrderPayments,
  reconcilePayment,
  refundPayment,
  voidPayment,
} from './activities.ts';
import type { CustomerNotifier } from './notifier.ts';
import { isRefundRefused } from './failures.ts';
import { settlementOf } from './settlement.ts';
import { singleOutcome } from './single-outcome.ts';
import type { StepRunner } from './step-runner.ts';

/** Captures and cancellations take seconds, or are parked for days. */
const BUSY_BACKOFF: Backoff = { firstMs: 200, maxMs: 5_000, later: { fromRound: 40, maxMs: 900_000 } };

/** What an operator has to know of a payment, with amounts in minor units. */
export type PaymentConcern = Pick<
  ReconciledPayment,
  'paymentIntentId' | 'currency' | 'ended' | 'missing' | 'excess' | 'returned'
>;

export interface ReconciliationParts {
  orderId: string;
  steps: StepRunner;
  notifier: CustomerNotifier;
}

export interface ReconciliationOptions {
  /** Payments that may not be recorded yet; read again in each round. */
  hints?: () => readonly string[];
  /** A pending refund that the provider will not make. */
  refusedRefundId?: string;
  /** A pending capture that the provider will not make. */
  refusedCaptureId?: string;
  /** Called with each result. */
  onResult?: (result: ReconciledPayment) => void;
  /** Whether to wait for a capture or the cancellation in progress, which is the default. */
  waits?: boolean;
}

/**
 * Brings the records of an order's payments to what the provider says of them, whoever has done it, and does what has to follow: releases
 * money that the order does not want, and refunds such money. Ends when nothing has to follow; returns what an operator has to know.
 */
export async function reconcilePayments(
  { orderId, steps, notifier }: ReconciliationParts,
  { hints = () => [], refusedRefundId, refusedCaptureId, onResult, waits = true }: ReconciliationOptions = {},
): Promise<PaymentConcern[]> {
  /** The refund of money of cancelled lines that the provider has refused. */
  let refused: Unwanted | undefined;
  const settledByHand = new Map<string, 'skip' | 'resolve'>();
  const concerns: PaymentConcern[] = [];
  for (let pauses = 0; ;) {
    const requestId = uuid4();
    const payments = (await read()).map((payment) => ({ ...complete(payment), requestId }));
    if (payments.length === 0) return concerns;
    const results = await steps.retryUntilDone({
      name: 'reconcilePayment',
      run: () => reconcilePayment(payments),
    });
    for (const result of results) {
      onResult?.(result);
      for (const number of result.refunds ?? []) notifier.send(['refunded'], number);
      if (result.ended !== undefined || result.excess !== undefined || result.returned !== undefined)
        concerns.push(result);
    }
    let followed = false;
    for (const result of results) followed = (await follow(result)) || followed;
    if (followed) continue;
    if (!waits || !results.some(({ outcome }) => outcome === 'busy')) return concerns;
    await sleep(pauseBefore(pauses, BUSY_BACKOFF), {
      summary: 'Wait for a capture or the cancellation in progress',
    });
    pauses += 1;
  }

  async function read(): Promise<ProviderPaymentState[]> {
    const known = singleOutcome(
      await steps.retryUntilDone({ name: 'findPayments', run: () => findPayments([{ orderId }]) }),
    );
    const order = {
      orderId,
      paymentIntentIds: [...new Set([...known.paymentIntentIds, ...hints()])],
      ...(refusedCaptureId !== undefined && { captureIds: known.captureIds ?? [] }),
    };
    const found = singleOutcome(
      await steps.retryUntilDone({
        name: 'readOrderPayments',
        run: () => readOrderPayments([order]),
      }),
    );
    return found.payments;
  }

  function complete(payment: ProviderPaymentState): ProviderPaymentState {
    const byHand = settledByHand.get(payment.paymentIntentId);
    const refusedId = refused?.refundId ?? refusedRefundId;
    return {
      ...payment,
      ...(byHand !== undefined && { settledByHand: byHand }),
      ...(refusedId !== undefined && { refusedRefundId: refusedId }),
      ...(refusedCaptureId !== undefined && { refusedCaptureId }),
    };
  }

  /** Returns whether something was done at the provider, so that it has to be read again. */
  async function follow({
    paymentIntentId,
    release,
    refundTotal,
    unwanted,
    outcome,
  }: ReconciledPayment): Promise<boolean> {
    if (outcome !== 'recorded' || settledByHand.has(paymentIntentId)) return false;
    const reference = { orderId, paymentIntentId };
    if (unwanted && !release) {
      await refundUnwanted(reference, unwanted);
      return true;
    }
    const undo = release
      ? { name: 'voidPayment', run: () => voidPayment([reference]) }
      : refundTotal !== undefined
        ? { name: 'refundPayment', run: () => refundPayment([{ ...reference, amount: refundTotal }]) }
        : undefined;
    if (!undo) return false;
    const end = await steps.retryUntilDoneOrSkipped<unknown>(undo);
    if ('skippedBy' in end) settledByHand.set(paymentIntentId, end.skippedBy);
    return true;
  }

  /** Where the provider refuses the refund, it is read again before an operator is told: somebody may have refunded there. */
  async function refundUnwanted(reference: PaymentReference, unwanted: Unwanted): Promise<void> {
    const { refundId, number, amount } = unwanted;
    const isSame = refused?.refundId === refundId && refused.amount === amount;
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'refundPayment',
      run: async () => {
        try {
          await refundPayment([{ ...reference, refundId, amount }]);
          return 'refunded';
        } catch (error) {
          if (isSame || !isRefundRefused(error)) throw error;
          return 'refused';
        }
      },
    });
    if ('done' in end && end.done === 'refused') {
      refused = unwanted;
      return;
    }
    const status = settlementOf(end);
    await steps.retryUntilDone({
      name: 'finishRefund',
      run: () => finishRefund([{ orderId, refundId, status }]),
    });
    if (status !== 'skipped') notifier.send(['refunded'], number);
  }
}

type Unwanted = NonNullable<ReconciledPayment['unwanted']>;

/** The failure that tells an operator of a payment. */
export function failureOf({
  ended,
  currency = '',
  missing = 0,
  excess = 0,
  returned = 0,
}: PaymentConcern): ApplicationFailure {
  const money = (amount: number): string => formatMoney(amount, currency);
  if (excess > 0)
    return ApplicationFailure.nonRetryable(
      `${money(excess)} more than was captured has gone back to the customer`,
      'RefundExceedsCaptured',
    );
  if (returned > 0)
    return ApplicationFailure.nonRetryable(
      `A refund that was made at the payment provider has failed, and ${money(returned)} is with the shop again; refund it once more, or agree with the customer on another way`,
      'RefundReturned',
    );
  const how =
    ended === 'expired'
      ? 'has expired; a capture makes it again'
      : 'was released at the payment provider; cancel the order, or have it paid in another way';
  return ApplicationFailure.nonRetryable(
    `The authorisation of ${money(missing)} ${how}`,
    'AuthorizationEnded',
  );
}
