import type { OrderSender } from '../../harness/load/order-sender.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import type { PaidWatch } from './paid-waiter.ts';
import type { Publisher } from './publishers.ts';

/** Sends orders by a publisher, and answers when each is paid: an order is in flight from its publication until then. */
export const createPaidSender = (publisher: Publisher, watch: PaidWatch, clientId: string): OrderSender => ({
  async send(order, key) {
    const paid = watch.untilPaid(orderIdOf(clientId, key));
    try {
      await Promise.all([publisher.publish(order, key), paid]);
      return { outcome: 'paid', retries: 0 };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error), retries: 0 };
    }
  },
  close: () => undefined,
});
