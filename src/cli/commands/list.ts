import { Option, type Command } from 'commander';
import type { OrderView } from '../../contracts/http/order.ts';
import { ORDER_STATUSES } from '../../contracts/order-status.ts';
import type { OrderFilter, Page } from '../../../harness/api/queries.ts';
import { contextOf } from '../context.ts';
import { wholeNumber } from '../options.ts';
import { drawOrders } from '../order-output.ts';
import { allPages, LARGEST_PAGE } from '../pages.ts';
import { paint, writeJson, writeLine, type Terminal } from '../terminal.ts';

interface ListFlags extends OrderFilter {
  all?: boolean;
}

/** `checkout list`: the orders of this API key, newest first. */
export function registerList(program: Command, terminal: Terminal): void {
  program
    .command('list')
    .description('list orders, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(ORDER_STATUSES))
    .option('--email <address>', 'only those of this customer')
    .option('--limit <n>', 'how many a page', wholeNumber(1))
    .addOption(
      new Option('--cursor <cursor>', 'where the page begins, as the last one said').conflicts('all'),
    )
    .option('--all', 'every page')
    .action(async ({ all = false, ...filter }: ListFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const page: Page<OrderView> = all
        ? { data: await allPages((cursor) => api.listOrders({ limit: LARGEST_PAGE, ...filter, cursor })) }
        : await api.listOrders(filter);
      if (json) {
        writeJson(terminal.stdout, page);
        return;
      }
      writeLine(
        terminal.stdout,
        page.data.length === 0 ? 'No orders.' : drawOrders(terminal.stdout, page.data),
      );
      if (page.nextCursor !== undefined)
        writeLine(
          terminal.stderr,
          paint(terminal.stderr, 'dim', `more: --cursor ${page.nextCursor}, or --all`),
        );
    });
}
