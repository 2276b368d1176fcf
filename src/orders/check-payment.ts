import { Problem } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import { applyPaymentEvent, type PaymentEventParts } from './payment-event.ts';

export interface CheckPaymentCommand {
  clientId: string;
  orderId: string;
}

/**
 * Has the provider asked now for the payment of an order, as after an event of the provider: an order without an outcome goes on with the
 * answer, and one that is decided is brought to what the provider has. It moves no money by itself. Safe to run any number of times: requests
 * that arrive together are one question.
 *
 * @throws {Problem} `order_not_found`; `no_payment` where the provider was not asked for one; `unavailable` while the order passes to
 *   another workflow
 */
export async function checkPayment(
  parts: FindOrderParts & PaymentEventParts,
  { clientId, orderId }: CheckPaymentCommand,
): Promise<OrderView> {
  const { payment } = await findOrder(parts, clientId, orderId);
  const { paymentIntentId } = payment;
  if (paymentIntentId === undefined)
    throw new Problem(
      'no_payment',
      `Order ${orderId} has no payment at the provider that could be asked for. While its charge has no answer, it is tried again by itself.`,
    );
  await applyPaymentEvent(parts, { type: 'checked', orderId, paymentIntentId, says: { of: 'change' } });
  return findOrder(parts, clientId, orderId);
}
