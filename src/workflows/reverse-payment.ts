import type { PaymentRecord } from '../contracts/temporal/checkout.ts';
import type { StepRunner } from './lib/step-runner.ts';
import { only, refundPayment, voidPayment } from './lib/steps.ts';

/**
 * Ends a payment for good: what could still be taken is released, what was taken goes back in full. Answers what has
 * become of it; where an operator has left a step out, that is written down with it.
 */
export async function reversePayment(
  parking: StepRunner,
  orderId: string,
  payment: PaymentRecord & { paymentIntentId?: string },
): Promise<PaymentRecord> {
  const { paymentIntentId } = payment;
  if (paymentIntentId === undefined) return payment;
  const reference = { orderId, paymentIntentId };

  if (payment.status === 'declined' || payment.status === 'authorized') {
    const end = await parking.retryUntilDoneOrLeftOut({
      name: 'voidPayment',
      run: async () => only(await voidPayment([reference])),
      payment,
    });
    if ('leftOut' in end) return { ...payment, settledByHand: end.leftOut };
    if (end.done.status === 'succeeded') return refunded(end.done.captured);
    return payment.status === 'declined' ? payment : { ...payment, status: 'cancelled', capturable: 0 };
  }
  return payment.status === 'succeeded' ? refunded(payment.captured ?? 0) : payment;

  async function refunded(captured: number): Promise<PaymentRecord> {
    const charged: PaymentRecord = { ...payment, status: 'succeeded', captured, capturable: 0 };
    const end = await parking.retryUntilDoneOrLeftOut({
      name: 'refundPayment',
      run: async () => only(await refundPayment([{ ...reference, amount: captured }])),
      payment: charged,
    });
    if ('done' in end) return { ...charged, status: 'refunded', refunded: end.done.refunded };
    return end.leftOut === 'skip'
      ? { ...charged, settledByHand: 'skip' }
      : { ...charged, status: 'refunded', refunded: captured, settledByHand: 'resolve' };
  }
}
