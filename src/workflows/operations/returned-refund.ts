import { ApplicationFailure } from '@temporalio/workflow';
import type { Settlement } from '../../contracts/temporal/operations.ts';
import type { ReturnedRefundInput } from '../../contracts/temporal/names.ts';
import { operation } from './operation.ts';
import { settlementOf } from './refund.ts';
import { finishReturnedRefund, only, refundPayment } from '../lib/steps.ts';

/** The same card would send it back again: nothing is tried until an operator says so. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_TOLD = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };

/**
 * Money that was given back has come back to the shop, days after the refund had succeeded. An operator decides: it is
 * given back once more, or by other means, or kept.
 */
export function returnedRefund(input: ReturnedRefundInput): Promise<Settlement> {
  const { providerRefundId, ...refund } = input;
  const { orderId, paymentIntentId } = refund;
  return operation<Settlement>(orderId, async ({ parking }) => {
    const end = await parking.retryUntilDoneOrLeftOut({
      name: 'refundPayment',
      patience: 1,
      pauses: UNTIL_TOLD,
      run: async (round) => {
        if (round === 0)
          throw ApplicationFailure.nonRetryable(
            "The customer's bank has sent the refund back",
            'RefundReturned',
          );
        return only(await refundPayment([refund]));
      },
    });
    const status = settlementOf(end);
    await parking.retryUntilDone({
      name: 'finishReturnedRefund',
      run: () => finishReturnedRefund([{ orderId, paymentIntentId, providerRefundId, status }]),
    });
    return status;
  });
}
