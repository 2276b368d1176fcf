import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import type { PaymentActivities } from '../contracts/activities.ts';
import type { ChargeRequest } from '../contracts/checkout.ts';
import type { PaymentProvider } from '../contracts/payment-provider.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Charge, and its undos. Each order has its own key at the provider, so that every call may run twice. */
export function createPaymentActivities(provider: PaymentProvider): PaymentActivities {
  return {
    chargePayment: (charges) => {
      const retried = activityInfo().attempt > 1;
      return asked(charges, (charge) => {
        const keyForgotten = mayBeForgotten(charge);
        const triedBefore = charge.triedBefore || retried || keyForgotten;
        return provider.charge({ ...charge, triedBefore, keyForgotten });
      });
    },
    retrievePayment: (references) => asked(references, (reference) => provider.retrieve(reference)),
    voidPayment: (references) => asked(references, (reference) => provider.void(reference)),
    refundPayment: (refunds) =>
      asked(refunds, async (refund) => ({
        orderId: refund.orderId,
        refunded: await provider.refund(refund),
      })),
  };
}

/** Half of the 24 hours for which Stripe remembers a key. */
const KEY_IS_SURE_MS = 12 * 3_600_000;

/**
 * A run that was reset by hand may charge an order anew long after its first charge, when its key no longer protects
 * it: then the provider is asked first.
 */
const mayBeForgotten = ({ placedAt }: ChargeRequest): boolean =>
  Date.now() - Date.parse(placedAt) > KEY_IS_SURE_MS;

/** Asks the provider for each, side by side. What is not known is asked again: the failure says no more than that. */
async function asked<T, R>(requests: T[], ask: (request: T) => Promise<R>): Promise<R[]> {
  try {
    return await withHeartbeat(() => Promise.all(requests.map(ask)));
  } catch (error) {
    const kind = error instanceof Error ? error.constructor.name : 'unknown fault';
    throw ApplicationFailure.retryable(
      `The payment provider gave no certain answer (${kind})`,
      'PaymentUnknown',
    );
  }
}
