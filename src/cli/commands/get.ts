import type { Command } from 'commander';
import { contextOf } from '../support/context.ts';
import { drawOrder } from '../output/orders.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';

/** `checkout get <orderId>` */
export function registerGet(program: Command, terminal: Terminal): void {
  program
    .command('get')
    .description('show an order')
    .argument('<orderId>')
    .action(async (orderId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.getOrder(orderId);
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
    });
}
