import { Argument } from 'commander';
import { ATTENTION_ACTIONS, type AttentionAction } from '../../contracts/attention.ts';
import type { OrderView } from '../../contracts/http/order.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawOrder, paintStatus } from '../output/orders.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

interface AttentionFlags {
  note?: string;
  step?: string;
}

/** `checkout attention`, `attention <orderId>`, `attention <orderId> retry|skip|resolve` */
export const define: Define = (command, terminal) => {
  command
    .argument('[orderId]', 'the order (default: list the orders with a step that waits)')
    .addArgument(
      new Argument(
        '[action]',
        'retry: run the step again now; skip: go on without it; resolve: go on, because it was done by other means',
      ).choices(ATTENTION_ACTIONS),
    )
    .option('--note <text>', 'the reason, kept in the events of the order')
    .option('--step <name>', 'the step, when several wait (default: the one that has waited longest)')
    .action(
      async (orderId: string | undefined, action: AttentionAction | undefined, flags: AttentionFlags) => {
        const { api, json } = contextOf(command, terminal);
        const { stdout } = terminal;
        if (orderId === undefined) {
          const orders = await allPages((cursor) =>
            api.listOrders({ attention: true, limit: MAX_PAGE_SIZE, cursor }),
          );
          if (json) writeJson(stdout, orders);
          else
            writeLine(
              stdout,
              orders.length === 0 ? 'No order needs attention.' : drawWaiting(stdout, orders),
            );
          return;
        }
        const order =
          action === undefined
            ? await api.getOrder(orderId)
            : await api.resolveAttention(orderId, { action, ...flags });
        if (json) writeJson(stdout, order);
        else writeLine(stdout, drawOrder(stdout, order));
      },
    );
};

const drawWaiting = (stream: Output, orders: readonly OrderView[]): string =>
  drawTable(
    stream,
    [
      { title: 'order' },
      { title: 'status' },
      { title: 'step' },
      { title: 'attempts', align: 'right' },
      { title: 'since' },
      { title: 'actions' },
      { title: 'why' },
    ],
    orders.map(({ orderId, status, attention }) => [
      orderId,
      paintStatus(stream, status),
      attention?.step ?? '',
      String(attention?.attempts ?? ''),
      attention?.since ?? '',
      attention?.actions.join('|') ?? '',
      attention?.reason ?? '',
    ]),
  );
