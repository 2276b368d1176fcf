import { ApplicationFailure, patched } from '@temporalio/workflow';
import type { Settlement } from '../../contracts/temporal/operations.ts';
import type { ReturnedRefundInput } from '../../contracts/temporal/workflows.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { finishReturnedRefund, refundPayment } from '../lib/activities.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { operation } from './operation.ts';
import { ASK_THE_PROVIDER } from './refund.ts';
import { settlementOf } from '../lib/settlement.ts';

/** Only an operator ends the pause: without a change, the same card would return the refund again. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_OPERATOR_ACTS: Backoff = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };

/**
 * A refund was returned to the shop, days after it had succeeded. An operator decides: `retry` refunds it again, `resolve`
 * says that it was paid by other means, `skip` keeps the money. What somebody has refunded at the provider instead is not refunded again.
 */
export function returnedRefund(input: ReturnedRefundInput): Promise<Settlement> {
  const { orderId, paymentIntentId, amount, refundId, providerRefundId } = input;
  const refund = { orderId, paymentIntentId, amount, ...(refundId !== undefined && { refundId }) };
  return operation<Settlement>(input, async ({ steps, notifier }) => {
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'refundPayment',
      roundsBeforeParking: 1,
      backoff: UNTIL_OPERATOR_ACTS,
      run: async (round) => {
        if (round === 0)
          throw ApplicationFailure.nonRetryable(
            "The customer's bank has sent the refund back",
            'RefundReturned',
          );
        const left = await notReplaced();
        return left === 0 ? undefined : singleOutcome(await refundPayment([{ ...refund, amount: left }]));
      },
    });
    const status = settlementOf(end);
    await steps.retryUntilDone({
      name: 'finishReturnedRefund',
      run: () =>
        finishReturnedRefund([{ orderId, paymentIntentId, providerRefundId, amount: refund.amount, status }]),
    });
    return status;

    async function notReplaced(): Promise<number> {
      let left = amount;
      if (refundId === undefined || !patched(ASK_THE_PROVIDER)) return left;
      const concerns = await reconcilePayments(
        { orderId, steps, notifier },
        {
          onResult: ({ paymentIntentId: id, notReplaced: amounts }) => {
            if (id === paymentIntentId) left = amounts?.[refundId] ?? left;
          },
          waits: false,
        },
      );
      await tellConcerns(orderId, concerns);
      return left;
    }
  });
}
