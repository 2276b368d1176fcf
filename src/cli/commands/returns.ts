import { Option, type Command } from 'commander';
import type { OrderLineRequest } from '../../contracts/http/order.ts';
import type { ReceiptRequest, ReturnView } from '../../contracts/http/returns.ts';
import type { LineQuantity } from '../../contracts/http/shipments.ts';
import { RETURN_ACTIONS, RETURN_STATUSES } from '../../contracts/shipping-states.ts';
import { drawReturn, drawReturns } from '../output/returns.ts';
import { writeJson, writeLine } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { lineQuantity, orderLine, receivedPieces } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { keyOf } from '../support/repeatable.ts';

interface RequestFlags {
  line: LineQuantity[];
  exchange?: OrderLineRequest[];
  reason?: string;
  key?: string;
}

interface ReceiveFlags {
  line: ReceiptRequest['lines'];
  location?: string;
  key?: string;
}

const KEY = [
  '--key <key>',
  'idempotency key: repeated with the same key, it happens once (default: a new key)',
] as const;

/** `checkout returns`, `returns list|get|request|open|decline|cancel|close|reopen|receive` */
export const define: Define = (returns, terminal) => {
  const show = (command: Command, view: ReturnView): void => {
    const { json } = contextOf(command, terminal);
    if (json) writeJson(terminal.stdout, view);
    else writeLine(terminal.stdout, drawReturn(terminal.stdout, view));
  };

  returns
    .command('list', { isDefault: true })
    .description('list returns, newest first')
    .addOption(new Option('--status <status>', 'returns with this status').choices([...RETURN_STATUSES]))
    .action(async ({ status }: { status?: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) => api.listReturns({ status, limit: MAX_PAGE_SIZE, cursor }));
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'There are no returns.' : drawReturns(terminal.stdout, found),
        );
    });

  returns
    .command('get')
    .description('show a return')
    .argument('<returnId>')
    .action(async (returnId: string, _flags: object, command: Command) => {
      show(command, await contextOf(command, terminal).api.getReturn(returnId));
    });

  returns
    .command('request')
    .description('request a return of delivered pieces')
    .argument('<orderId>')
    .requiredOption(
      '--line <line>x<pieces>',
      'the pieces, such as 1x2 for two of line 1; may be given several times',
      lineQuantity,
    )
    .option(
      '--exchange <sku>=<quantity>',
      'what the customer wants instead; may be given several times',
      orderLine,
    )
    .option('--reason <text>', 'the reason')
    .option(...KEY)
    .action(async (orderId: string, flags: RequestFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { line: lines, exchange, reason } = flags;
      const body = {
        lines,
        ...(exchange && { exchange: { lines: exchange } }),
        ...(reason !== undefined && { reason }),
      };
      show(command, await api.requestReturn(orderId, body, keyOf(flags.key, json, terminal)));
    });

  for (const action of RETURN_ACTIONS)
    returns
      .command(action)
      .description(`${action} a return`)
      .argument('<returnId>')
      .option('--note <text>', 'kept with the return')
      .action(async (returnId: string, { note }: { note?: string }, command: Command) => {
        const { api } = contextOf(command, terminal);
        show(command, await api.decideReturn(returnId, action, note === undefined ? {} : { note }));
      });

  returns
    .command('receive')
    .description('record what has arrived of a return')
    .argument('<returnId>')
    .requiredOption(
      '--line <line>x<pieces>=<disposition>',
      'what became of these pieces, such as 1x2=restocked; may be given several times',
      receivedPieces,
    )
    .option('--location <id>', 'where the goods are now (default: where they were shipped from)')
    .option(...KEY)
    .action(async (returnId: string, flags: ReceiveFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { line: lines, location } = flags;
      const body = { lines, ...(location !== undefined && { location }) };
      show(command, await api.receiveReturn(returnId, body, keyOf(flags.key, json, terminal)));
    });
};
