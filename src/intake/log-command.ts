import type { LoggedAction, OperatorLog } from '../adapters/postgres/operator-log.ts';
import { requestHash } from '../orders/request-hash.ts';
import type { Command } from '../contracts/intake/commands.ts';
import type { DoneReceipt } from './execute-command.ts';

/**
 * Adds an entry to the log for a command that a client has sent by message, before the message is acknowledged: one that is delivered
 * again has its entry already. Orders that are placed, events of the provider and counts of stock have their actor where they are recorded.
 */
export async function logCommand(
  log: Pick<OperatorLog, 'add'>,
  clientId: string,
  command: Command,
  receipt: DoneReceipt,
): Promise<void> {
  const logged = loggedAction(command, receipt);
  const { type, key, data } = command;
  if (logged)
    await log.add({ clientId }, { ...logged, requestHash: requestHash({ clientId, type, key, data }) });
}

function loggedAction(command: Command, { orderId }: DoneReceipt): LoggedAction | undefined {
  switch (command.type) {
    case 'com.durable-checkout.order.cancel.v1': {
      const { reason } = command.data;
      const object = { type: 'order', ...(orderId !== undefined && { id: orderId }) } as const;
      return { action: 'order_cancelled', object, ...(reason !== undefined && { reason }) };
    }
    case 'com.durable-checkout.return.receive.v1':
      return {
        action: 'return_received',
        object: { type: 'return', id: command.data.returnId },
        ...(orderId !== undefined && { orderId }),
      };
    case 'com.durable-checkout.shipment.update.v1':
      return { action: 'shipment_reported', object: { type: 'shipment' }, orderId: command.orderId };
    case 'com.durable-checkout.order.place.v1':
    case 'com.durable-checkout.payment.event.v1':
    case 'com.durable-checkout.stock.sync.v1':
      return undefined;
  }
}
