import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { RefundRefused } from '../contracts/ports/payment-provider.ts';
import type { PaymentActivities } from '../contracts/temporal/activities.ts';
import type { ChargeRequest } from '../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Charge, capture, and the undos. Each order has its own key at the provider, so that every call may run twice. */
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
    capturePayment: (captures) => asked(captures, (capture) => provider.capture(capture)),
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
export const mayBeForgotten = ({ placedAt }: ChargeRequest): boolean =>
  Date.now() - Date.parse(placedAt) > KEY_IS_SURE_MS;

/**
 * Asks the provider for each, side by side. What is not known is asked again (`PaymentUnknown`); what the provider
 * refuses for good is not (`RefundRefused`). A failure says what an operator needs, and nothing of the customer.
 */
async function asked<T, R>(requests: T[], ask: (request: T) => Promise<R>): Promise<R[]> {
  try {
    return await withHeartbeat(() => Promise.all(requests.map(ask)));
  } catch (error) {
    if (error instanceof RefundRefused)
      throw ApplicationFailure.nonRetryable(error.message, 'RefundRefused', error.code);
    throw ApplicationFailure.retryable(
      `The payment provider gave no certain answer (${kindOf(error)})`,
      'PaymentUnknown',
    );
  }
}

/** For example `StripeAPIError 500`. An error's own message may repeat what was asked. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? ` ${error.statusCode}` : '';
  return `${error.constructor.name}${status}`;
}
