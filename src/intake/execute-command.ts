import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { Receipt } from '../contracts/ports/broker.ts';
import type { Command, PaymentEventCommand } from '../contracts/intake/commands.ts';
import type { OrderService } from '../orders/order-service.ts';
import { orderIdOf } from '../orders/order-id.ts';
import { paymentEventOf, returnedRefundOf } from '../orders/stripe-event.ts';

export interface CommandParts {
  orders: OrderService;
  catalogue: StockCatalogue;
  /** The API client that a message acts as. */
  clientId: string;
}

export type Done = Extract<Receipt, { result: 'done' }>;

/**
 * Does what a message asks for, by the same services as HTTP and so with the same result. Durable when it returns; may be
 * repeated for ever.
 *
 * @throws {Problem} as over HTTP; some of them say nothing against a later try, see `passing.ts`
 */
export async function executeCommand(parts: CommandParts, command: Command): Promise<Done> {
  const { orders, catalogue, clientId } = parts;
  switch (command.type) {
    case 'com.durable-checkout.order.place.v1': {
      const { id: key, data: request, notBefore } = command;
      const { order } = await orders.place({
        clientId,
        key,
        request,
        waitMs: 0,
        ...(notBefore && { notBefore }),
      });
      return { result: 'done', orderId: order.orderId, status: order.status };
    }
    case 'com.durable-checkout.order.cancel.v1': {
      const { order } = await orders.cancel({ clientId, orderId: command.orderId, ...command.data });
      return { result: 'done', orderId: order.orderId, status: order.status };
    }
    case 'com.durable-checkout.payment.event.v1':
      return applyPaymentEvent(orders, command.data);
    case 'com.durable-checkout.stock.sync.v1': {
      const { sku, ...item } = command.data;
      const { applied } = await catalogue.put(sku, item);
      return { result: 'done', status: applied ? 'applied' : 'outdated' };
    }
  }
}

async function applyPaymentEvent(orders: OrderService, event: PaymentEventCommand): Promise<Done> {
  const news = paymentEventOf(event);
  if (news) await orders.applyPaymentEvent(news);
  const returned = returnedRefundOf(event);
  if (returned) await orders.applyReturnedRefund(returned);
  const orderId = news?.orderId ?? returned?.orderId;
  return { result: 'done', ...(orderId !== undefined && { orderId }) };
}

/** Commands of one lane are done one after the other, in the order in which they came. */
export function queueKeyOf(command: Command, clientId: string): string {
  switch (command.type) {
    case 'com.durable-checkout.order.place.v1':
      return orderIdOf(clientId, command.id);
    case 'com.durable-checkout.order.cancel.v1':
      return command.orderId;
    case 'com.durable-checkout.payment.event.v1':
      return (paymentEventOf(command.data) ?? returnedRefundOf(command.data))?.orderId ?? command.id;
    case 'com.durable-checkout.stock.sync.v1':
      return `stock/${command.data.sku}`;
  }
}
