import { proxyActivities } from '@temporalio/workflow';
import type { NotificationActivities, PaymentActivities } from '../../src/contracts/temporal/activities.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import type { LedgerActivities } from '../../src/contracts/temporal/ledger-steps.ts';

type Steps = LedgerActivities & PaymentActivities & NotificationActivities;

const { reserveStock, chargePayment, confirmOrder, notify } = proxyActivities<Steps>({
  startToCloseTimeout: '1 minute',
});

/**
 * The checkout as a tutorial writes it: five activities, one after the other. Only the way of an order that goes well,
 * since only that is measured; what it leaves out would cost nothing on that way.
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
