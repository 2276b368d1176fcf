import type { Command } from 'commander';
import type { StockItem, StockItemRequest } from '../../contracts/http/stock.ts';
import { contextOf } from '../context.ts';
import { formatMoney } from '../money.ts';
import { wholeNumber } from '../options.ts';
import { allPages, LARGEST_PAGE } from '../pages.ts';
import { drawTable } from '../table.ts';
import { paint, writeJson, writeLine, type Output, type Terminal } from '../terminal.ts';

/** `checkout stock`, `stock get <sku>`, `stock put <sku>` */
export function registerStock(program: Command, terminal: Terminal): void {
  const stock = program.command('stock').description('see and set what is on the shelf');

  stock
    .command('list', { isDefault: true })
    .description('list every item')
    .action(async (_flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const items = await allPages((cursor) => api.listStock({ limit: LARGEST_PAGE, cursor }));
      if (json) writeJson(terminal.stdout, items);
      else writeLine(terminal.stdout, drawStock(terminal.stdout, items));
    });

  stock
    .command('get')
    .description('show one item')
    .argument('<sku>')
    .action(async (sku: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      show(terminal.stdout, await api.getStock(sku), json);
    });

  stock
    .command('put')
    .description('create an item, or set what is known of it')
    .argument('<sku>')
    .requiredOption('--title <text>', 'what it is called')
    .requiredOption('--unit-price <minor units>', 'what one costs', wholeNumber(0))
    .requiredOption('--on-hand <n>', 'how many can be sold', wholeNumber(0))
    .option('--currency <code>', 'ISO 4217', 'EUR')
    .option('--low-at <n>', 'warn from here on', wholeNumber(0))
    .option('--sequence <n>', "the warehouse's count of its reports; an older one is ignored", wholeNumber(0))
    .action(async (sku: string, flags: StockItemRequest, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const change = await api.putStock(sku, flags);
      show(terminal.stdout, change, json);
      if (!change.applied)
        writeLine(terminal.stderr, 'Nothing was changed: a report with a newer sequence came before.');
    });
}

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
