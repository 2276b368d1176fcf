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
import { singleOutcome } from '../lib/single-outcome.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { operation } from './operation.ts';
import { REFUND_ROUNDS_BEFORE_PARKING } from './refund.ts';
import { settlementOf } from './settlement.ts';

/** Refunds and captures take seconds, or are parked. */
const BUSY_BACKOFF: Backoff = { firstMs: 200, maxMs: 15_000, later: growingFrom(20, 3_600_000) };

/** Since 0.3: money that somebody has captured at the provider meanwhile goes back, too. */
const REFUND_OUTSIDE_CAPTURES = 'refund-outside-captures';

/**
 * Cancels an order that is paid and not shipped: releases what was only authorised, refunds what was captured, then
 * returns the stock and ends the order. Once the cancellation is recorded, no other operation on the order is accepted.
 */
export function cancellation(input: CancellationCommand): Promise<CancelResult> {
  const { orderId, reason } = input;
  return operation<CancelResult>(
    input,
    async ({ steps, notifier, setPreliminaryResult, mayContinueAsNew }) => {
      const begun = await begin(steps, input, mayContinueAsNew);
      const { outcome, orderStatus = 'paid', paymentIntentId, captured = 0, capturable = 0 } = begun;
      let { refund } = begun;
      if (outcome === 'refused') return { cancelled: false, status: orderStatus };
      if (outcome === 'done') return { cancelled: true, status: 'cancelled' };
      setPreliminaryResult({ cancelled: false, status: orderStatus });

      const settlement: CancellationSettlement = { orderId, reason };
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
        const refunded = await steps.retryUntilDoneOrSkipped({
          name: 'refundPayment',
          run: () => refundPayment([{ orderId, paymentIntentId, ...refund }]),
          roundsBeforeParking: REFUND_ROUNDS_BEFORE_PARKING,
        });
        settlement.refund = settlementOf(refunded);
      }
      await steps.retryUntilDone({
        name: 'finishCancellation',
        run: () => finishCancellation([settlement]),
      });
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
