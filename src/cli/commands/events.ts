import type { Command } from 'commander';
import { contextOf } from '../support/context.ts';
import { drawEvent } from '../output/orders.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';

/** `checkout events <orderId>`: the events of an order, oldest first. */
export function registerEvents(program: Command, terminal: Terminal): void {
  program
    .command('events')
    .description('show the events of an order')
    .argument('<orderId>')
    .action(async (orderId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const events = await api.orderEvents(orderId);
      if (json) writeJson(terminal.stdout, events);
      else for (const event of events) writeLine(terminal.stdout, drawEvent(terminal.stdout, event));
    });
}
