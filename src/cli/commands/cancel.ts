import type { Command } from 'commander';
import type { OrderView } from '../../contracts/http/order.ts';
import { contextOf } from '../context.ts';
import { paintStatus } from '../order-output.ts';
import { writeJson, writeLine, type Output, type Terminal } from '../terminal.ts';

/** `checkout cancel <orderId>`: an order that can no longer be cancelled is an error (`too_late`). */
export function registerCancel(program: Command, terminal: Terminal): void {
  program
    .command('cancel')
    .description('cancel an order: its stock goes back, and its money if any was taken')
    .argument('<orderId>')
    .option('--reason <text>', 'why')
    .action(async (orderId: string, { reason }: { reason?: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.cancelOrder(orderId, reason);
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, told(terminal.stdout, order));
    });
}

function told(stream: Output, { orderId, status }: OrderView): string {
  const painted = paintStatus(stream, status);
  return status === 'cancelled'
    ? `${orderId} is ${painted}.`
    : `${orderId} is being cancelled; so far it is ${painted}.`;
}
