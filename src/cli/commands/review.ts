import { Argument } from 'commander';
import type { OrderView } from '../../contracts/http/order.ts';
import type { ReviewDecision } from '../../contracts/temporal/operations.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { formatMoney } from '../../domain/money.ts';
import { drawOrder } from '../output/orders.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

/** `checkout review`, `review <orderId>`, `review <orderId> approve|reject` */
export const define: Define = (command, terminal) => {
  command
    .argument('[orderId]', 'the order (default: list the orders in review)')
    .addArgument(
      new Argument('[decision]', 'the decision (default: show the order)').choices(['approve', 'reject']),
    )
    .option('--note <text>', 'the reason, kept in the events of the order')
    .action(
      async (
        orderId: string | undefined,
        decision: ReviewDecision | undefined,
        { note }: { note?: string },
      ) => {
        const { api, json } = contextOf(command, terminal);
        const { stdout } = terminal;
        if (orderId === undefined) {
          const orders = await allPages((cursor) =>
            api.listOrders({ status: 'in_review', limit: MAX_PAGE_SIZE, cursor }),
          );
          if (json) writeJson(stdout, orders);
          else
            writeLine(
              stdout,
              orders.length === 0 ? 'No order waits for review.' : drawReviews(stdout, orders),
            );
          return;
        }
        const order =
          decision === undefined
            ? await api.getOrder(orderId)
            : await api.reviewOrder(orderId, { decision, ...(note !== undefined && { note }) });
        if (json) writeJson(stdout, order);
        else writeLine(stdout, drawOrder(stdout, order));
      },
    );
};

const drawReviews = (stream: Output, orders: readonly OrderView[]): string =>
  drawTable(
    stream,
    [
      { title: 'order' },
      { title: 'total', align: 'right' },
      { title: 'customer' },
      { title: 'why' },
      { title: 'deadline' },
    ],
    orders.map(({ orderId, total, currency, customer, review }) => [
      orderId,
      formatMoney(total, currency),
      customer?.email ?? '',
      review?.reasons.join(', ') ?? '',
      review?.deadline ?? '',
    ]),
  );
