import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawEvent } from '../output/orders.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

/** `checkout events <orderId>`: the events of an order, oldest first. */
export const define: Define = (command, terminal) => {
  command.argument('<orderId>').action(async (orderId: string) => {
    const { api, json } = contextOf(command, terminal);
    const events = await api.orderEvents(orderId);
    if (json) writeJson(terminal.stdout, events);
    else for (const event of events) writeLine(terminal.stdout, drawEvent(terminal.stdout, event));
  });
};
