import { patched } from '@temporalio/workflow';
import type { BegunRefund, RefundCommand, RefundResult } from '../../contracts/temporal/operations.ts';
import { beginRefund, finishRefund, refundPayment } from '../lib/activities.ts';
import { isRefundMadeElsewhere, isRefundRefused } from '../lib/failures.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { operation } from './operation.ts';
import { settlementOf } from '../lib/settlement.ts';

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
    /** Whether an operator is told that somebody may have made the refund at the provider. Then it is made too if the operator asks for it. */
    let isTold = false as boolean;
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'refundPayment',
      run: async (_round, isAskedFor) => {
        const { paymentIntentId, amount, status, begunAt } = current;
        if (status !== 'pending') return undefined;
        const request = { orderId, paymentIntentId, amount, refundId };
        const isDecided = isAskedFor && isTold;
        try {
          return await refundPayment([
            { ...request, ...(begunAt !== undefined && !isDecided && { unlessMadeSince: begunAt }) },
          ]);
        } catch (error) {
          if (isRefundMadeElsewhere(error)) {
            if (!isTold) await takeIn();
            isTold = true;
            throw error;
          }
          if (!isRefundRefused(error) || !patched(ASK_THE_PROVIDER)) throw error;
          const before = current;
          current = await afterRefusal();
          if (current.status === before.status && current.amount === before.amount) throw error;
          if (current.status !== 'pending') return undefined;
          return refundPayment([{ ...request, amount: current.amount }]);
        }
      },
      roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
    });
    if (current.status !== 'pending') return { ...begun, ...current };
    let status = settlementOf(end);
    // What others have refunded has to be known when an operator says that this was it.
    if (isTold && status !== 'succeeded') await takeIn();
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

    /** Records what others have refunded meanwhile. A capture in progress is not waited for: its reconciliation does that. */
    async function takeIn(): Promise<void> {
      await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }, { waits: false }));
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
