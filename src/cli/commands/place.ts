import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { OrderLineRequest, OrderRequest } from '../../contracts/http/order.ts';
import { contextOf } from '../context.ts';
import { orderLine, wholeNumber } from '../options.ts';
import { drawOrder } from '../order-output.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';

interface PlaceFlags {
  sku: string;
  quantity: number;
  line?: OrderLineRequest[];
  method: string;
  email: string;
  name?: string;
  currency: string;
  key?: string;
  wait: number;
  expectedTotal?: number;
}

/** `checkout place`: places one order and shows what became of it. A declined one is an answer, not an error. */
export function registerPlace(program: Command, terminal: Terminal): void {
  program
    .command('place')
    .description('place an order and show what became of it')
    .option('--sku <sku>', 'what to order', 'mug-01')
    .option('--quantity <n>', 'how many of it', wholeNumber(1), 1)
    .option('--line <sku=quantity>', 'in place of --sku and --quantity; may be repeated', orderLine)
    .option('--method <id>', 'payment method', 'pm_card_visa')
    .option('--email <address>', 'the customer', 'ada@example.com')
    .option('--name <name>', "the customer's name")
    .option('--currency <code>', 'ISO 4217', 'EUR')
    .option('--key <key>', 'idempotency key: the same key and order is the same order (default: a new one)')
    .option(
      '--wait <seconds>',
      'how long to wait for the outcome, at most 60; 0: not at all',
      wholeNumber(0),
      10,
    )
    .option(
      '--expected-total <minor units>',
      'refuse the order if it would cost anything else',
      wholeNumber(0),
    )
    .action(async (flags: PlaceFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.placeOrder(requestOf(flags), {
        key: flags.key ?? randomUUID(),
        waitSeconds: flags.wait,
      });
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
    });
}

function requestOf(flags: PlaceFlags): OrderRequest {
  return {
    customer: { email: flags.email, ...(flags.name === undefined ? undefined : { name: flags.name }) },
    currency: flags.currency,
    lines: flags.line ?? [{ sku: flags.sku, quantity: flags.quantity }],
    payment: { method: flags.method },
    ...(flags.expectedTotal === undefined ? undefined : { expectedTotal: flags.expectedTotal }),
  };
}
