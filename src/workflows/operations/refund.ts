import type { RefundCommand, RefundResult } from '../../contracts/temporal/operations.ts';
import { beginRefund, finishRefund, refundPayment } from '../lib/activities.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { operation } from './operation.ts';
import { settlementOf } from './settlement.ts';

/** About ten seconds, with the retries of an activity. */
export const REFUND_ROUNDS_BEFORE_PARKING = 2;

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

    const { paymentIntentId, amount } = begun;
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'refundPayment',
      run: () => refundPayment([{ orderId, paymentIntentId, amount, refundId }]),
      roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
    });
    const status = settlementOf(end);
    await steps.retryUntilDone({
      name: 'finishRefund',
      run: () => finishRefund([{ orderId, refundId, status }]),
    });
    if (status !== 'skipped') notifier.send(['refunded'], begun.number);
    return { ...begun, status };
  });
}
