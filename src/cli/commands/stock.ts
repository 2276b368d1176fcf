import type { Command } from 'commander';
import type { StockItem, StockItemRequest } from '../../contracts/http/stock.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { formatMoney } from '../../domain/money.ts';
import { wholeNumber } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { addSync } from './stock-sync.ts';
import { drawTable } from '../output/table.ts';
import { paint, writeJson, writeLine, type Output } from '../output/terminal.ts';

/** `checkout stock`, `stock get <sku>`, `stock put <sku>`, `stock sync <file>`, `stock reset-sequence` */
export const define: Define = (stock, terminal) => {
  stock
    .command('list', { isDefault: true })
    .description('list all items')
    .action(async (_flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const items = await allPages((cursor) => api.listStock({ limit: MAX_PAGE_SIZE, cursor }));
      if (json) writeJson(terminal.stdout, items);
      else writeLine(terminal.stdout, drawStock(terminal.stdout, items));
    });

  stock
    .command('get')
    .description('show an item')
    .argument('<sku>')
    .action(async (sku: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      show(terminal.stdout, await api.getStock(sku), json);
    });

  stock
    .command('put')
    .description('create or replace an item')
    .argument('<sku>')
    .requiredOption('--title <text>', 'the title')
    .requiredOption('--unit-price <minor units>', 'the price of one piece', wholeNumber(0))
    .requiredOption('--on-hand <n>', 'how many pieces can be sold', wholeNumber(0))
    .option('--currency <code>', 'the currency, ISO 4217', 'EUR')
    .option('--low-at <n>', 'warn when no more than this can be sold', wholeNumber(0))
    .option(
      '--sequence <n>',
      'the number of this report of the warehouse; an older report than the last one is ignored',
      wholeNumber(0),
    )
    .action(async (sku: string, flags: StockItemRequest, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const change = await api.putStock(sku, flags);
      show(terminal.stdout, change, json);
      if (!change.applied)
        writeLine(
          terminal.stderr,
          'Nothing was changed: a report with a higher sequence was received before.',
        );
    });

  addSync(stock, terminal);
};

function show(stream: Output, item: StockItem, json: boolean): void {
  if (json) writeJson(stream, item);
  else writeLine(stream, drawStock(stream, [item]));
}

const drawStock = (stream: Output, items: readonly StockItem[]): string =>
  drawTable(
    stream,
    [
      { title: 'sku' },
      { title: 'title' },
      { title: 'price', align: 'right' },
      { title: 'on hand', align: 'right' },
      { title: 'held', align: 'right' },
      { title: 'sold', align: 'right' },
    ],
    items.map(({ sku, title, unitPrice, currency, onHand, held, sold, lowAt }) => [
      sku,
      title,
      formatMoney(unitPrice, currency),
      onHand <= (lowAt ?? 0) ? paint(stream, 'red', String(onHand)) : String(onHand),
      String(held),
      String(sold),
    ]),
  );
