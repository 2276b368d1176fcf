import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import {
  ChargeRefused,
  PaymentMissing,
  RefundMadeElsewhere,
  RefundRefused,
} from '../contracts/ports/payment-provider.ts';
import type { PaymentActivities } from '../contracts/temporal/activities.ts';
import type { ChargeRequest } from '../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { NO_BRAKES, type Brakes } from '../contracts/ports/brakes.ts';
import { withHeartbeat } from './heartbeat.ts';
import { pausableProvider } from './paused-provider.ts';

/**
 * Charges, captures, and their undos. The idempotency keys at the provider come from the order, so every call may run twice.
 *
 * @param ledger knows the payments of an order that were recorded
 * @param brakes while the provider is paused, nothing is charged or captured. Refunds and voids go on: they take no money, and customers
 *   wait for them
 */
export function createPaymentActivities(
  provider: PaymentProvider,
  ledger: Pick<OrderLedger, 'findPayments'>,
  brakes: Brakes = NO_BRAKES,
): PaymentActivities {
  const { refuseWhilePaused, requireRelease } = pausableProvider(brakes);
  return {
    chargePayment: async (charges) => {
      refuseWhilePaused();
      const retried = activityInfo().attempt > 1;
      return callProvider(charges, async (charge) => {
        const keyForgotten = mayBeForgotten(charge);
        const triedBefore = charge.triedBefore || retried;
        const paymentIntentIds = triedBefore || keyForgotten ? await recordedPayments(charge.orderId) : [];
        return provider.charge({ ...charge, triedBefore, keyForgotten, paymentIntentIds });
      });
    },
    retrievePayment: (references) => callProvider(references, (reference) => provider.retrieve(reference)),
    voidPayment: (requests) => callProvider(requests, (request) => provider.void(request)),
    awaitProvider: (orders) => {
      requireRelease();
      return Promise.resolve(orders);
    },
    capturePayment: async (captures) => {
      refuseWhilePaused();
      return callProvider(captures, (capture) => provider.capture(capture));
    },
    refundPayment: (refunds) =>
      callProvider(refunds, async (refund) => ({
        orderId: refund.orderId,
        refunded: await provider.refund(refund),
      })),
    readDisputes: (payments) =>
      callProvider(payments, async ({ paymentIntentId, orderId: known }) => {
        const asOf = new Date().toISOString();
        const orderId = known ?? (await provider.orderOf(paymentIntentId));
        const disputes = await provider.disputes(paymentIntentId);
        return { paymentIntentId, ...(orderId !== undefined && { orderId }), asOf, disputes };
      }),
    readOrderPayments: (orders) =>
      callProvider(orders, async (order) => ({
        orderId: order.orderId,
        payments: await provider.readPayments(order),
      })),
  };

  async function recordedPayments(orderId: string): Promise<string[]> {
    const [known] = await ledger.findPayments([{ orderId }]);
    return known?.paymentIntentIds ?? [];
  }
}

/** Half of the 24 hours for which Stripe stores an idempotency key (docs.stripe.com/api/idempotent_requests). */
const KEY_GUARANTEED_MS = 12 * 3_600_000;

/**
 * Whether the provider may have deleted the idempotency key of the charge. A workflow that was reset by hand may charge an order again
 * long after its first charge, when the key no longer protects it: then the order's payments are searched first.
 */
export const mayBeForgotten = ({ placedAt }: ChargeRequest): boolean =>
  Date.now() - Date.parse(placedAt) > KEY_GUARANTEED_MS;

/**
 * Calls the provider for all requests concurrently. A call whose outcome is unknown is retryable (`PaymentUnknown`); a charge or
 * refund that the provider refuses is not (`ChargeRefused`, `RefundRefused`), nor is a payment that it does not know (`PaymentMissing`), or a
 * refund that somebody else may have made (`RefundMadeElsewhere`). A failure has what an operator needs, and no data of the customer.
 */
async function callProvider<T, R>(requests: T[], call: (request: T) => Promise<R>): Promise<R[]> {
  try {
    return await withHeartbeat(() => Promise.all(requests.map(call)));
  } catch (error) {
    if (error instanceof ChargeRefused || error instanceof RefundRefused)
      throw ApplicationFailure.nonRetryable(error.message, error.name, error.code);
    if (error instanceof PaymentMissing)
      throw ApplicationFailure.nonRetryable(error.message, 'PaymentMissing');
    if (error instanceof RefundMadeElsewhere)
      throw ApplicationFailure.nonRetryable(error.message, error.name);
    throw ApplicationFailure.retryable(
      `The payment provider gave no certain answer (${kindOf(error)})`,
      'PaymentUnknown',
    );
  }
}

/** The kind of an error, for example `StripeAPIError 500`. Its message is left out because it may quote the request. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? ` ${error.statusCode}` : '';
  return `${error.constructor.name}${status}`;
}
