import type { RefundResult, Settlement } from '../../contracts/temporal/operations.ts';
import type { RefundInput } from '../../contracts/temporal/names.ts';
import { operation } from './operation.ts';
import type { StepResult } from '../lib/step-runner.ts';
import { beginRefund, finishRefund, only, refundPayment } from '../lib/steps.ts';

/** About ten seconds with the retries of a step: a refund that does not go is worth looking at. */
export const REFUND_PATIENCE = 2;

/**
 * Gives back money of a paid order, in full or in part: booked, so that all refunds of the order together never exceed
 * what was captured; made at the provider, once for its id; written down.
 */
export function refund(input: RefundInput): Promise<RefundResult> {
  const { orderId, refundId } = input;
  return operation<RefundResult>(orderId, async ({ parking, post, tellWaiting }) => {
    const booked = only(
      await parking.retryUntilDone({ name: 'beginRefund', run: () => beginRefund([input]) }),
    );
    if (booked.outcome === 'refused' || booked.status !== 'pending') return booked;
    tellWaiting(booked);

    const { paymentIntentId, amount } = booked;
    const end = await parking.retryUntilDoneOrLeftOut({
      name: 'refundPayment',
      run: () => refundPayment([{ orderId, paymentIntentId, amount, refundId }]),
      patience: REFUND_PATIENCE,
    });
    const status = settlementOf(end);
    await parking.retryUntilDone({
      name: 'finishRefund',
      run: () => finishRefund([{ orderId, refundId, status }]),
    });
    if (status !== 'skipped') post.tell(['refunded'], booked.number);
    return { ...booked, status };
  });
}

/** What a step that an operator may leave out has come to. */
export function settlementOf(end: StepResult<unknown>): Settlement {
  if ('done' in end) return 'succeeded';
  return end.leftOut === 'skip' ? 'skipped' : 'resolved';
}
