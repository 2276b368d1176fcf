import type { OrderView } from '../../contracts/http/order.ts';
import type { LineQuantity } from '../../contracts/http/shipments.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { lineQuantity } from '../support/options.ts';
import { keyOf } from '../support/repeatable.ts';
import { paintStatus } from '../output/orders.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

interface CancelFlags {
  reason?: string;
  line?: LineQuantity[];
  key?: string;
}

/** `checkout cancel <orderId>`: fails with `too_late` for an order or a line that can no longer be cancelled. */
export const define: Define = (command, terminal) => {
  command
    .argument('<orderId>')
    .option('--reason <text>', 'the reason')
    .option(
      '--line <line>x<pieces>',
      'cancel only these pieces, such as 1x2 for two of line 1; may be given several times',
      lineQuantity,
    )
    .option(
      '--key <key>',
      'idempotency key: repeated with the same key, the same pieces are cancelled once (default: a new key)',
    )
    .action(async (orderId: string, { reason, line: lines, key }: CancelFlags) => {
      const { api, json } = contextOf(command, terminal);
      const order = lines
        ? await api.cancelOrderLines(
            orderId,
            { lines, ...(reason !== undefined && { reason }) },
            keyOf(key, json, terminal),
          )
        : await api.cancelOrder(orderId, reason);
      if (json) writeJson(terminal.stdout, order);
      else if (lines && order.status !== 'cancelled')
        writeLine(terminal.stdout, linesResult(terminal.stdout, order));
      else writeLine(terminal.stdout, resultLine(terminal.stdout, order));
    });
};

function linesResult(stream: Output, { orderId, status, lines }: OrderView): string {
  const cancelled = lines
    .filter((line) => line.cancelled > 0)
    .map((line) => `${line.cancelled} of ${line.quantity} of line ${line.line} (${line.sku})`);
  return `${orderId} goes on and is ${paintStatus(stream, status)}. Cancelled: ${cancelled.join(', ')}.`;
}

function resultLine(stream: Output, { orderId, status }: OrderView): string {
  const painted = paintStatus(stream, status);
  return status === 'cancelled'
    ? `${orderId} is ${painted}.`
    : `${orderId} is being cancelled; its status is still ${painted}.`;
}
