import { Option, type Command } from 'commander';
import type { StockFilter, StockItem, StockItemRequest, StockLevel } from '../../contracts/http/stock.ts';
import { STOCK_TROUBLES } from '../../contracts/stock-troubles.ts';
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
    .description('list items')
    .addOption(
      new Option('--state <state>', 'only items of which this is the worst that is true').choices(
        STOCK_TROUBLES,
      ),
    )
    .option('--q <text>', 'only items with this in their SKU or title')
    .action(async (filter: StockFilter, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const items = await allPages((cursor) => api.listStock({ ...filter, limit: MAX_PAGE_SIZE, cursor }));
      if (json) writeJson(terminal.stdout, items);
      else writeLine(terminal.stdout, drawStock(terminal.stdout, items));
    });

  stock
    .command('get')
    .description('show an item, with its stock at each location')
    .argument('<sku>')
    .action(async (sku: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const item = await api.getStock(sku);
      show(terminal.stdout, item, json);
      if (!json) writeLine(terminal.stdout, drawLevels(terminal.stdout, item.locations));
    });

  stock
    .command('put')
    .description('create or replace an item, and count what is at a location')
    .argument('<sku>')
    .requiredOption('--title <text>', 'the title')
    .requiredOption('--unit-price <minor units>', 'the price of one piece', wholeNumber(0))
    .requiredOption('--on-hand <n>', 'how many pieces are physically there', wholeNumber(0))
    .option('--location <id>', 'where the pieces are; default: the location default')
    .option('--currency <code>', 'the currency, ISO 4217', 'EUR')
    .option('--low-at <n>', 'raise an alert when no more than this can be sold', wholeNumber(0))
    .option('--rearm-at <n>', 'the next alert needs this many that can be sold first', wholeNumber(1))
    .option('--weight-grams <n>', 'the weight of one piece, for labels', wholeNumber(1))
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
    [{ title: 'sku' }, { title: 'title' }, { title: 'price', align: 'right' }, ...COUNTS],
    items.map((item) => [
      item.sku,
      item.title,
      formatMoney(item.unitPrice, item.currency),
      ...drawCounts(stream, item),
    ]),
  );

const drawLevels = (stream: Output, levels: readonly StockLevel[]): string =>
  drawTable(
    stream,
    [{ title: 'location' }, ...COUNTS],
    levels.map((level) => [level.location, ...drawCounts(stream, level)]),
  );

const COUNTS = ['on hand', 'available', 'held', 'committed', 'unavailable', 'oversold', 'sold'].map(
  (title) => ({ title, align: 'right' }) as const,
);

type Counts = Pick<
  StockLevel,
  'onHand' | 'available' | 'held' | 'committed' | 'unavailable' | 'oversold' | 'sold' | 'lowAt'
>;

function drawCounts(stream: Output, counts: Counts): string[] {
  const { onHand, available, held, committed, unavailable, oversold, sold, lowAt = 0 } = counts;
  return [
    String(onHand),
    available <= lowAt ? paint(stream, 'red', String(available)) : String(available),
    ...[held, committed, unavailable, oversold, sold].map(String),
  ];
}
