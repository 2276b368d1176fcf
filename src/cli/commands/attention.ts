import { Argument, type Command } from 'commander';
import { ATTENTION_ACTIONS, type AttentionAction } from '../../contracts/temporal/operations.ts';
import type { OrderView } from '../../contracts/http/order.ts';
import { contextOf } from '../context.ts';
import { drawOrder, paintStatus } from '../order-output.ts';
import { allPages, LARGEST_PAGE } from '../pages.ts';
import { drawTable } from '../table.ts';
import { writeJson, writeLine, type Output, type Terminal } from '../terminal.ts';

interface AttentionFlags {
  note?: string;
  step?: string;
}

/** `checkout attention`, `attention <orderId>`, `attention <orderId> retry|skip|resolve` */
export function registerAttention(program: Command, terminal: Terminal): void {
  program
    .command('attention')
    .description('repair an order that waits for an operator, or list those that do')
    .argument('[orderId]', 'without one: list the orders that need it')
    .addArgument(
      new Argument(
        '[action]',
        'retry: try the step again at once; skip: go on without it; resolve: go on, it was done by other means',
      ).choices(ATTENTION_ACTIONS),
    )
    .option('--note <text>', "why; kept in the order's events")
    .option('--step <name>', 'where several wait (default: the oldest)')
    .action(
      async (
        orderId: string | undefined,
        action: AttentionAction | undefined,
        flags: AttentionFlags,
        command: Command,
      ) => {
        const { api, json } = contextOf(command, terminal);
        const { stdout } = terminal;
        if (orderId === undefined) {
          const orders = await allPages((cursor) =>
            api.listOrders({ attention: true, limit: LARGEST_PAGE, cursor }),
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
}

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
