import type { OrderView, RefundView } from '../../contracts/http/order.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { formatMoney } from '../../domain/money.ts';
import type { LineQuantity } from '../../contracts/http/shipments.ts';
import { lineQuantity, wholeNumber } from '../support/options.ts';
import { pairsOfAttention } from '../output/orders.ts';
import { keyOf } from '../support/repeatable.ts';
import { drawPairs } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

interface RefundFlags {
  amount?: number;
  line?: LineQuantity[];
  restock?: boolean;
  reason?: string;
  key?: string;
}

/** `checkout refund <orderId>`: refunds money. The stock changes only with `--restock`. */
export const define: Define = (command, terminal) => {
  command
    .argument('<orderId>')
    .option('--amount <minor units>', 'the amount (default: everything that is left)', wholeNumber(1))
    .option(
      '--line <line>x<pieces>',
      'the money of these pieces, such as 1x2 for two of line 1; may be given several times',
      lineQuantity,
    )
    .option('--restock', 'the pieces are in the shop and can be sold again')
    .option('--reason <text>', 'the reason')
    .option(
      '--key <key>',
      'idempotency key: repeated with the same key, it is the same refund (default: a new key)',
    )
    .action(async (orderId: string, { key, line: lines, ...flags }: RefundFlags) => {
      const body = { ...flags, ...(lines && { lines }) };
      const { api, json } = contextOf(command, terminal);
      const refund = await api.refundOrder(orderId, body, keyOf(key, json, terminal));
      if (json) writeJson(terminal.stdout, refund);
      else writeLine(terminal.stdout, resultLine(terminal.stdout, refund, await api.getOrder(orderId)));
    });
};

function resultLine(stream: Output, { number, amount, status }: RefundView, order: OrderView): string {
  const { orderId, currency, attention } = order;
  const what = `Refund ${number} of ${orderId}: ${formatMoney(amount, currency)}`;
  if (status !== 'pending') return `${what} ${OUTCOMES[status]}.`;
  const pending = `${what} is pending: the provider has not made the refund yet.`;
  return attention
    ? `${pending}\n${drawPairs(stream, pairsOfAttention(stream, orderId, attention))}`
    : pending;
}

const OUTCOMES: Readonly<Record<Exclude<RefundView['status'], 'pending'>, string>> = {
  succeeded: 'was refunded',
  resolved: 'was refunded by other means, according to an operator',
  skipped: 'was not refunded, by decision of an operator',
};
