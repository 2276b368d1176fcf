import type { PaymentRecord, VoidedFor } from '../../contracts/temporal/checkout.ts';
import { refundPayment, voidPayment } from './activities.ts';
import { singleOutcome } from './single-outcome.ts';
import type { StepRunner } from './step-runner.ts';

/**
 * Reverses a payment: releases what could still be captured, and refunds in full what was captured. Returns the payment as
 * it is afterwards, with `settledByHand` where an operator skipped a step.
 *
 * @param ending what the payment is reversed for, if a later run has to know it
 */
export async function reversePayment(
  steps: StepRunner,
  orderId: string,
  payment: PaymentRecord,
  ending?: VoidedFor,
): Promise<PaymentRecord> {
  const { paymentIntentId } = payment;
  if (paymentIntentId === undefined) return payment;
  const reference = { orderId, paymentIntentId };

  if (payment.status === 'declined' || payment.status === 'authorized') {
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'voidPayment',
      run: async () => singleOutcome(await voidPayment([{ ...reference, ...(ending && { ending }) }])),
      payment,
    });
    if ('skippedBy' in end) return { ...payment, settledByHand: end.skippedBy };
    if (end.done.status === 'succeeded') return refund(end.done.captured);
    return payment.status === 'declined' ? payment : { ...payment, status: 'cancelled', capturable: 0 };
  }
  return payment.status === 'succeeded' ? refund(payment.captured ?? 0) : payment;

  async function refund(captured: number): Promise<PaymentRecord> {
    const charged: PaymentRecord = { ...payment, status: 'succeeded', captured, capturable: 0 };
    const end = await steps.retryUntilDoneOrSkipped({
      name: 'refundPayment',
      run: async () => singleOutcome(await refundPayment([{ ...reference, amount: captured }])),
      payment: charged,
    });
    if ('done' in end) return { ...charged, status: 'refunded', refunded: end.done.refunded };
    return end.skippedBy === 'skip'
      ? { ...charged, settledByHand: 'skip' }
      : { ...charged, status: 'refunded', refunded: captured, settledByHand: 'resolve' };
  }
}
