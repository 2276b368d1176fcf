import type { OrderSender } from '../../harness/load/order-sender.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import type { PaidWaiter } from './paid-waiter.ts';
import type { Publisher } from './publishers.ts';

/** Sends orders through a publisher. An order is in flight from its publication until PostgreSQL has it as paid. */
export const createPublishingSender = (
  publisher: Publisher,
  waiter: PaidWaiter,
  clientId: string,
): OrderSender => ({
  async send(order, key) {
    const paid = waiter.waitUntilPaid(orderIdOf(clientId, publisher.keyOf(key)));
    try {
      await Promise.all([publisher.publish(order, key), paid]);
      return { outcome: 'paid', retries: 0 };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error), retries: 0 };
    }
  },
  close: () => undefined,
});
