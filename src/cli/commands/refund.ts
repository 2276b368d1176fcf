import type { Command } from 'commander';
import type { OrderView, RefundView } from '../../contracts/http/order.ts';
import { contextOf } from '../context.ts';
import { formatMoney } from '../money.ts';
import { wholeNumber } from '../options.ts';
import { pairsOfAttention } from '../order-output.ts';
import { keyOf } from '../repeatable.ts';
import { drawPairs } from '../table.ts';
import { writeJson, writeLine, type Output, type Terminal } from '../terminal.ts';

interface RefundFlags {
  amount?: number;
  reason?: string;
  key?: string;
}

/** `checkout refund <orderId>`: gives money back; the goods are not touched. */
export function registerRefund(program: Command, terminal: Terminal): void {
  program
    .command('refund')
    .description('give money of an order back, in full or in part')
    .argument('<orderId>')
    .option('--amount <minor units>', 'how much (default: everything that is left)', wholeNumber(1))
    .option('--reason <text>', 'why')
    .option('--key <key>', 'idempotency key: the same key and refund is the same refund (default: a new one)')
    .action(async (orderId: string, { key, ...body }: RefundFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const refund = await api.refundOrder(orderId, body, keyOf(key, json, terminal));
      if (json) writeJson(terminal.stdout, refund);
      else writeLine(terminal.stdout, told(terminal.stdout, refund, await api.getOrder(orderId)));
    });
}

function told(stream: Output, { number, amount, status }: RefundView, order: OrderView): string {
  const { orderId, currency, attention } = order;
  const what = `Refund ${number} of ${orderId}: ${formatMoney(amount, currency)}`;
  if (status !== 'pending') return `${what} ${HOW[status]}.`;
  const waits = `${what} will go back; the provider has not done it yet.`;
  return attention ? `${waits}\n${drawPairs(stream, pairsOfAttention(stream, orderId, attention))}` : waits;
}

const HOW: Readonly<Record<Exclude<RefundView['status'], 'pending'>, string>> = {
  succeeded: 'has gone back',
  resolved: 'has gone back by other means, as an operator says',
  skipped: 'is kept, as an operator says',
};
