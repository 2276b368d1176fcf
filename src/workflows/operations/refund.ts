import { ApplicationFailure, patched } from '@temporalio/workflow';
import type { BegunRefund, RefundCommand, RefundResult } from '../../contracts/temporal/operations.ts';
import { formatMoney } from '../../domain/money.ts';
import { beginRefund, finishRefund, readOrderPayments, refundPayment } from '../lib/activities.ts';
import { isRefundRefused } from '../lib/failures.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { operation } from './operation.ts';
import { settlementOf } from '../lib/settlement.ts';

const REFUND_STEP = 'refundPayment';
/** About ten seconds, with the retries of an activity. */
export const REFUND_ROUNDS_BEFORE_PARKING = 2;

/** Since 0.3: what the provider says of the payment is taken in when it refuses a refund, and when an operator settles an operation. */
export const ASK_THE_PROVIDER = 'ask-the-provider';

/**
 * Refunds a paid order in full or in part: records the refund, so that all refunds of the order together never exceed what
 * was captured, makes it at the payment provider, once for its id, and records the outcome.
 */
export function refund(input: RefundCommand): Promise<RefundResult> {
  const { orderId, refundId } = input;
  return operation<RefundResult>(input, async ({ steps, notifier, setPreliminaryResult }) => {
    const begun = singleOutcome(
      await steps.retryUntilDone({ name: 'beginRefund', run: () => beginRefund([input]) }),
    );
    if (begun.outcome === 'refused' || begun.status !== 'pending') return begun;
    setPreliminaryResult(begun);

    let current: BegunRefund = begun;
    /** Whether an operator has been told that somebody may have made the refund at the provider. */
    let isTold = false;
    const end = await steps.retryUntilDoneOrSkipped({
      name: REFUND_STEP,
      run: async (_round, isAskedFor) => {
        if (steps.isParked(REFUND_STEP) && !(isAskedFor && isTold) && patched(ASK_THE_PROVIDER))
          await refuseIfMadeElsewhere();
        const { paymentIntentId, amount, status } = current;
        if (status !== 'pending') return undefined;
        try {
          return await refundPayment([{ orderId, paymentIntentId, amount, refundId }]);
        } catch (error) {
          if (!isRefundRefused(error) || !patched(ASK_THE_PROVIDER)) throw error;
          const before = current;
          current = await afterRefusal();
          if (current.status === before.status && current.amount === before.amount) throw error;
          if (current.status !== 'pending') return undefined;
          return refundPayment([{ orderId, paymentIntentId, amount: current.amount, refundId }]);
        }
      },
      roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
    });
    if (current.status !== 'pending') return { ...begun, ...current };
    let status = settlementOf(end);
    await steps.retryUntilDone({
      name: 'finishRefund',
      run: () => finishRefund([{ orderId, refundId, status }]),
    });
    // What somebody has refunded at the provider instead has a mail of its own.
    if (status === 'resolved' && patched(ASK_THE_PROVIDER) && (await recorded()).status === 'skipped')
      status = 'skipped';
    if (status !== 'skipped') notifier.send(['refunded'], begun.number);
    // An operator may not know that the provider has made the refund, and only its answer was lost.
    if (status !== 'succeeded' && patched(ASK_THE_PROVIDER))
      await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }));
    return { ...begun, ...current, status };

    /**
     * Somebody who saw that the refund waits may have made it at the provider. Then it is made here too only when an operator has been told of
     * the other one and asks for it. The first reading fails where the provider cannot be reached, and the step waits on.
     */
    async function refuseIfMadeElsewhere(): Promise<void> {
      await readOrderPayments([{ orderId, paymentIntentIds: [current.paymentIntentId] }]);
      await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }, { waits: false }));
      current = await recorded();
      if (!current.madeElsewhere) return;
      isTold = true;
      const { amount, currency, providerRefundId } = current.madeElsewhere;
      throw ApplicationFailure.nonRetryable(
        `${formatMoney(amount, currency)} went back at the payment provider after this refund began (${providerRefundId}); skip this one if it was that, or retry it to make it too`,
        'RefundMadeElsewhere',
      );
    }

    /** The refund as it is after somebody else has refunded at the provider. */
    async function afterRefusal(): Promise<BegunRefund> {
      await tellConcerns(
        orderId,
        await reconcilePayments({ orderId, steps, notifier }, { refusedRefundId: refundId }),
      );
      return recorded();
    }

    async function recorded(): Promise<BegunRefund> {
      const again = singleOutcome(
        await steps.retryUntilDone({ name: 'beginRefund', run: () => beginRefund([input]) }),
      );
      return again.outcome === 'booked' ? again : current;
    }
  });
}
