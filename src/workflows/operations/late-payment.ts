import type { PaymentRecord } from '../../contracts/temporal/checkout.ts';
import type { LatePaymentInput } from '../../contracts/temporal/workflows.ts';
import { patched } from '@temporalio/workflow';
import { isLatePayment, recordLatePayment, retrievePayment } from '../lib/activities.ts';
import { reconcilePayments } from '../lib/reconcile-payments.ts';
import { reversePayment } from '../lib/reverse-payment.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { operation } from './operation.ts';

/** `kept`: the payment is the order's own. `nothing`: it has taken no money. */
export type LatePaymentResult = 'kept' | 'nothing' | 'refunded' | 'reconciled';

/** Since 0.3: holds are released, too, and every change is recorded. */
const RECONCILE_PAYMENTS = 'reconcile-payments';

/**
 * Refunds in full a payment that succeeded when its order no longer waited for it: after a cancel, after a deadline, or by a
 * first attempt that was given up.
 */
export function latePayment(input: LatePaymentInput): Promise<LatePaymentResult> {
  const { orderId, paymentIntentId } = input;
  const reference = { orderId, paymentIntentId };
  return operation<LatePaymentResult>(input, async ({ steps, notifier }) => {
    if (patched(RECONCILE_PAYMENTS)) {
      await tellConcerns(
        orderId,
        await reconcilePayments({ orderId, steps, notifier }, { hints: () => [paymentIntentId] }),
      );
      return 'reconciled';
    }
    const isLate = singleOutcome(
      await steps.retryUntilDone({ name: 'isLatePayment', run: () => isLatePayment([reference]) }),
    );
    if (!isLate) return 'kept';

    const { status, ...found } = await steps.retryUntilDone({
      name: 'retrievePayment',
      run: async () => singleOutcome(await retrievePayment([reference])),
    });
    if (status === 'none' || status === 'cancelled') return 'nothing';
    const payment: PaymentRecord = {
      attempt: 1,
      // A payment in any other status could still succeed, and is voided like an authorisation.
      status: status === 'succeeded' ? 'succeeded' : 'authorized',
      paymentIntentId,
      ...('captured' in found && { captured: found.captured }),
    };
    const { captured = 0, refunded = 0, settledByHand } = await reversePayment(steps, orderId, payment);
    if (captured === 0) return 'nothing';
    const record = { orderId, paymentIntentId, captured, refunded, ...(settledByHand && { settledByHand }) };
    await steps.retryUntilDone({ name: 'recordLatePayment', run: () => recordLatePayment([record]) });
    return 'refunded';
  });
}
