import { Option } from 'commander';
import type { OrderView } from '../../contracts/http/order.ts';
import { ORDER_STATUSES } from '../../contracts/order-status.ts';
import type { OrderFilter, Page } from '../../../harness/api/queries.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { wholeNumber } from '../support/options.ts';
import { drawOrders } from '../output/orders.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { paint, writeJson, writeLine } from '../output/terminal.ts';

interface ListFlags extends OrderFilter {
  all?: boolean;
}

/** `checkout list`: the orders of this API key, newest first. */
export const define: Define = (command, terminal) => {
  command
    .addOption(new Option('--status <status>', 'only orders with this status').choices(ORDER_STATUSES))
    .option('--email <address>', 'only orders of this customer')
    .option('--limit <n>', 'how many orders on a page', wholeNumber(1))
    .addOption(new Option('--cursor <cursor>', 'the cursor that the previous page gave').conflicts('all'))
    .option('--all', 'all pages')
    .action(async ({ all = false, ...filter }: ListFlags) => {
      const { api, json } = contextOf(command, terminal);
      const page: Page<OrderView> = all
        ? { data: await allPages((cursor) => api.listOrders({ limit: MAX_PAGE_SIZE, ...filter, cursor })) }
        : await api.listOrders(filter);
      if (json) {
        writeJson(terminal.stdout, page);
        return;
      }
      writeLine(
        terminal.stdout,
        page.data.length === 0 ? 'There are no orders.' : drawOrders(terminal.stdout, page.data),
      );
      if (page.nextCursor !== undefined)
        writeLine(
          terminal.stderr,
          paint(terminal.stderr, 'dim', `There are more: add --cursor ${page.nextCursor}, or --all`),
        );
    });
};
