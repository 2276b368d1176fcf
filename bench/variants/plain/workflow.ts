import { proxyActivities } from '@temporalio/workflow';
import type {
  NotificationActivities,
  PaymentActivities,
} from '../../../src/contracts/temporal/activities.ts';
import type { CheckoutOrder } from '../../../src/contracts/temporal/checkout.ts';
import type { LedgerActivities } from '../../../src/contracts/temporal/ledger-steps.ts';

type Activities = LedgerActivities & PaymentActivities & NotificationActivities;

const { reserveStock, chargePayment, confirmOrder, notify } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
});

/**
 * The checkout as a tutorial writes it: five activities, one after another. It handles only orders that succeed, since only those
 * are measured; the code that it omits would cost such an order nothing.
 */
export async function plainCheckout(order: CheckoutOrder): Promise<string> {
  const { orderId } = order;
  const [reserved] = await reserveStock([order]);
  if (reserved?.status !== 'reserved') return reserved?.status ?? 'failed';

  const { total: amount, currency } = reserved;
  const charge = { orderId, attempt: 1, amount, currency, triedBefore: false };
  const [charged] = await chargePayment([
    { ...charge, paymentMethod: order.request.payment.method, placedAt: order.placedAt },
  ]);
  if (charged?.status !== 'succeeded') return charged?.status ?? 'failed';

  const { status, paymentIntentId, captured } = charged;
  const [confirmed] = await confirmOrder([
    { orderId, payment: { attempt: 1, status, paymentIntentId, captured } },
  ]);
  await notify([{ orderId, kind: 'created' }]);
  await notify([{ orderId, kind: 'paid' }]);
  return confirmed?.status ?? 'failed';
}
