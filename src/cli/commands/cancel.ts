import type { OrderView } from '../../contracts/http/order.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { paintStatus } from '../output/orders.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

/** `checkout cancel <orderId>`: fails with `too_late` for an order that can no longer be cancelled. */
export const define: Define = (command, terminal) => {
  command
    .argument('<orderId>')
    .option('--reason <text>', 'the reason')
    .action(async (orderId: string, { reason }: { reason?: string }) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.cancelOrder(orderId, reason);
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, resultLine(terminal.stdout, order));
    });
};

function resultLine(stream: Output, { orderId, status }: OrderView): string {
  const painted = paintStatus(stream, status);
  return status === 'cancelled'
    ? `${orderId} is ${painted}.`
    : `${orderId} is being cancelled; its status is still ${painted}.`;
}
