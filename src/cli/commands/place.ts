import { randomUUID } from 'node:crypto';
import type { OrderLineRequest, OrderRequest } from '../../contracts/http/order.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { jsonText, orderLine, wholeNumber } from '../support/options.ts';
import { drawOrder } from '../output/orders.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

interface PlaceFlags {
  sku: string;
  quantity: number;
  line?: OrderLineRequest[];
  method: string;
  email: string;
  name?: string;
  address?: OrderRequest['shipping'];
  currency: string;
  key?: string;
  wait: number;
  expectedTotal?: number;
}

/** `checkout place`: places an order and shows it. A declined payment is no error of the command. */
export const define: Define = (command, terminal) => {
  command
    .option('--sku <sku>', 'the item', 'mug-01')
    .option('--quantity <n>', 'the quantity', wholeNumber(1), 1)
    .option('--line <sku=quantity>', 'instead of --sku and --quantity; can be repeated', orderLine)
    .option('--method <id>', 'the payment method', 'pm_card_visa')
    .option('--email <address>', 'the address of the customer', 'ada@example.com')
    .option('--name <name>', 'the name of the customer')
    .option('--address <json>', 'where the goods are sent: {"name", "line1", "city", …}', jsonText)
    .option('--currency <code>', 'the currency, ISO 4217', 'EUR')
    .option(
      '--key <key>',
      'idempotency key: repeated with the same key, it is the same order (default: a new key)',
    )
    .option(
      '--wait <seconds>',
      'how long to wait for the outcome, in seconds, at most 60; 0: only until the order is accepted',
      wholeNumber(0),
      10,
    )
    .option('--expected-total <minor units>', 'refuse the order if its total is another', wholeNumber(0))
    .action(async (flags: PlaceFlags) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.placeOrder(requestOf(flags), {
        key: flags.key ?? randomUUID(),
        waitSeconds: flags.wait,
      });
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
    });
};

function requestOf(flags: PlaceFlags): OrderRequest {
  return {
    customer: { email: flags.email, ...(flags.name === undefined ? undefined : { name: flags.name }) },
    currency: flags.currency,
    lines: flags.line ?? [{ sku: flags.sku, quantity: flags.quantity }],
    payment: { method: flags.method },
    ...(flags.address === undefined ? undefined : { shipping: flags.address }),
    ...(flags.expectedTotal === undefined ? undefined : { expectedTotal: flags.expectedTotal }),
  };
}
