import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawOrder } from '../output/orders.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

/** `checkout get <orderId>` */
export const define: Define = (command, terminal) => {
  command.argument('<orderId>').action(async (orderId: string) => {
    const { api, json } = contextOf(command, terminal);
    const order = await api.getOrder(orderId);
    if (json) writeJson(terminal.stdout, order);
    else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
  });
};
