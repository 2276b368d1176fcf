import { sleep } from '@temporalio/workflow';
import type { CancellationResult, CancellationSettlement } from '../../contracts/temporal/operations.ts';
import type { CancellationInput, CancelResult } from '../../contracts/temporal/names.ts';
import { pauseBefore } from '../../domain/backoff.ts';
import { operation } from './operation.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { REFUND_PATIENCE, settlementOf } from './refund.ts';
import { beginCancellation, finishCancellation, only, refundPayment, voidPayment } from '../lib/steps.ts';

/**
 * Cancels an order that is paid and not shipped: what was authorised is released, what was taken goes back, then the
 * goods go back on the shelf and the order ends. From its beginning nothing else can be done with the order.
 */
export function cancellation(input: CancellationInput): Promise<CancelResult> {
  const { orderId, reason } = input;
  return operation<CancelResult>(orderId, async ({ parking, post, tellWaiting }) => {
    const begun = await begin(parking, input);
    const { outcome, orderStatus = 'paid', paymentIntentId, capturable = 0, refund } = begun;
    if (outcome === 'refused') return { cancelled: false, status: orderStatus };
    if (outcome === 'done') return { cancelled: true, status: 'cancelled' };
    tellWaiting({ cancelled: false, status: orderStatus });

    const end: CancellationSettlement = { orderId, reason };
    if (paymentIntentId !== undefined && capturable > 0) {
      const released = await parking.retryUntilDoneOrLeftOut({
        name: 'voidPayment',
        run: () => voidPayment([{ orderId, paymentIntentId }]),
        patience: REFUND_PATIENCE,
      });
      end.released = settlementOf(released) !== 'skipped';
    }
    if (paymentIntentId !== undefined && refund) {
      const refunded = await parking.retryUntilDoneOrLeftOut({
        name: 'refundPayment',
        run: () => refundPayment([{ orderId, paymentIntentId, ...refund }]),
        patience: REFUND_PATIENCE,
      });
      end.refund = settlementOf(refunded);
    }
    await parking.retryUntilDone({ name: 'finishCancellation', run: () => finishCancellation([end]) });
    post.tell(['cancelled']);
    return { cancelled: true, status: 'cancelled' };
  });
}

/** Refunds and captures that are under way come to their end first: they are short, or parked. */
async function begin(parking: StepRunner, input: CancellationInput): Promise<CancellationResult> {
  for (let round = 0; ; round += 1) {
    const answer = only(
      await parking.retryUntilDone({ name: 'beginCancellation', run: () => beginCancellation([input]) }),
    );
    if (answer.outcome !== 'busy') return answer;
    await sleep(pauseBefore(round, { firstMs: 200, maxMs: 15_000 }), {
      summary: 'a refund or capture is under way',
    });
  }
}
