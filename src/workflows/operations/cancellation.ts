import { patched, sleep } from '@temporalio/workflow';
import type { CancelResult } from '../../contracts/temporal/messages.ts';
import type {
  CancellationCommand,
  CancellationResult,
  CancellationSettlement,
} from '../../contracts/temporal/operations.ts';
import { growingFrom, pauseBefore, type Backoff } from '../../domain/backoff.ts';
import {
  beginCancellation,
  finishCancellation,
  reconcilePayment,
  refundPayment,
  voidPayment,
} from '../lib/activities.ts';
import { isRefundRefused } from '../lib/failures.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { operation } from './operation.ts';
import { ASK_THE_PROVIDER, REFUND_ROUNDS_BEFORE_PARKING } from './refund.ts';
import { settlementOf } from '../lib/settlement.ts';

/** Refunds and captures take seconds, or are parked. */
const BUSY_BACKOFF: Backoff = { firstMs: 200, maxMs: 15_000, later: growingFrom(20, 3_600_000) };

/** Since 0.3: money that somebody has captured at the provider meanwhile goes back, too. */
export const REFUND_OUTSIDE_CAPTURES = 'refund-outside-captures';

/**
 * Cancels an order that is paid and not shipped: releases what was only authorised, refunds what was captured, then
 * returns the stock and ends the order. Once the cancellation is recorded, no other operation on the order is accepted.
 */
export function cancellation(input: CancellationCommand): Promise<CancelResult> {
  const { orderId, reason, actor } = input;
  return operation<CancelResult>(
    input,
    async ({ steps, notifier, setPreliminaryResult, mayContinueAsNew }) => {
      const begun = await begin(steps, input, mayContinueAsNew);
      const { outcome, orderStatus = 'paid', paymentIntentId, captured = 0, capturable = 0 } = begun;
      let { refund } = begun;
      if (outcome === 'refused') {
        const { disputeId } = begun;
        return { cancelled: false, status: orderStatus, ...(disputeId !== undefined && { disputeId }) };
      }
      if (outcome === 'done') return { cancelled: true, status: 'cancelled' };
      setPreliminaryResult({ cancelled: false, status: orderStatus });

      const settlement: CancellationSettlement = { orderId, reason, ...(actor && { actor }) };
      if (paymentIntentId !== undefined && capturable > 0) {
        const released = await steps.retryUntilDoneOrSkipped({
          name: 'voidPayment',
          run: () => voidPayment([{ orderId, paymentIntentId }]),
          roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
        });
        settlement.released = settlementOf(released) !== 'skipped';
        const end = 'done' in released ? singleOutcome(released.done) : undefined;
        if (end?.status === 'succeeded' && end.captured > captured && patched(REFUND_OUTSIDE_CAPTURES)) {
          const payment = { orderId, paymentIntentId, captured: end.captured, capturable: 0 };
          const reconciled = singleOutcome(
            await steps.retryUntilDone({ name: 'reconcilePayment', run: () => reconcilePayment([payment]) }),
          );
          refund = reconciled.refund ?? refund;
        }
      }
      if (paymentIntentId !== undefined && refund) {
        const { refundId } = refund;
        let { amount } = refund;
        const refunded = await steps.retryUntilDoneOrSkipped({
          name: 'refundPayment',
          run: async () => {
            try {
              return await refundPayment([{ orderId, paymentIntentId, refundId, amount }]);
            } catch (error) {
              if (!isRefundRefused(error) || !patched(ASK_THE_PROVIDER)) throw error;
              const before = amount;
              await tellConcerns(
                orderId,
                await reconcilePayments({ orderId, steps, notifier }, { refusedRefundId: refundId }),
              );
              amount = (await begin(steps, input, mayContinueAsNew)).refund?.amount ?? 0;
              if (amount === before) throw error;
              return amount === 0
                ? undefined
                : refundPayment([{ orderId, paymentIntentId, refundId, amount }]);
            }
          },
          roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
        });
        settlement.refund = settlementOf(refunded);
      }
      await steps.retryUntilDone({
        name: 'finishCancellation',
        run: () => finishCancellation([settlement]),
      });
      const isByHand = settlement.released === false || (settlement.refund ?? 'succeeded') !== 'succeeded';
      // An operator may not know that the provider has done it, and only its answer was lost.
      if (isByHand && patched(ASK_THE_PROVIDER))
        await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }));
      notifier.send(['cancelled']);
      return { cancelled: true, status: 'cancelled' };
    },
  );
}

/** Waits for refunds and captures of the order that are in progress. */
async function begin(
  steps: StepRunner,
  input: CancellationCommand,
  mayContinueAsNew: () => Promise<void>,
): Promise<CancellationResult> {
  for (let round = 0; ; round += 1) {
    const result = singleOutcome(
      await steps.retryUntilDone({ name: 'beginCancellation', run: () => beginCancellation([input]) }),
    );
    if (result.outcome !== 'busy') return result;
    await mayContinueAsNew();
    await sleep(pauseBefore(round, BUSY_BACKOFF), {
      summary: 'Wait for a refund or capture in progress',
    });
  }
}
