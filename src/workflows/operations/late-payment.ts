import type { PaymentRecord } from '../../contracts/temporal/checkout.ts';
import type { LatePaymentInput } from '../../contracts/temporal/names.ts';
import { reversePayment } from '../reverse-payment.ts';
import { operation } from './operation.ts';
import { isLatePayment, only, recordLatePayment, retrievePayment } from '../lib/steps.ts';

/** What became of the payment; `kept` if it is the order's own after all. */
export type LatePaymentResult = 'kept' | 'nothing' | 'refunded';

/**
 * Money that came when nobody waited for it any more: after a cancel, after a deadline, or by a first attempt that was
 * given up for dead. It goes back in full.
 */
export function latePayment({ orderId, paymentIntentId }: LatePaymentInput): Promise<LatePaymentResult> {
  const reference = { orderId, paymentIntentId };
  return operation<LatePaymentResult>(orderId, async ({ parking }) => {
    const late = only(
      await parking.retryUntilDone({ name: 'isLatePayment', run: () => isLatePayment([reference]) }),
    );
    if (!late) return 'kept';

    const { status, ...found } = await parking.retryUntilDone({
      name: 'retrievePayment',
      run: async () => only(await retrievePayment([reference])),
    });
    if (status === 'none' || status === 'cancelled') return 'nothing';
    const payment: PaymentRecord = {
      attempt: 1,
      // Whatever could still succeed is ended like an authorisation.
      status: status === 'succeeded' ? 'succeeded' : 'authorized',
      paymentIntentId,
      ...('captured' in found && { captured: found.captured }),
    };
    const { captured = 0, refunded = 0, settledByHand } = await reversePayment(parking, orderId, payment);
    if (captured === 0) return 'nothing';
    const record = { orderId, paymentIntentId, captured, refunded, ...(settledByHand && { settledByHand }) };
    await parking.retryUntilDone({ name: 'recordLatePayment', run: () => recordLatePayment([record]) });
    return 'refunded';
  });
}
