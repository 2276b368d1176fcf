import type { CaptureRequestBody } from '../../contracts/http/order.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { wholeNumber } from '../support/options.ts';
import { drawOrder } from '../output/orders.ts';
import { keyOf } from '../support/repeatable.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

interface CaptureFlags extends CaptureRequestBody {
  key?: string;
}

/** `checkout capture <orderId>`: captures an authorised payment, and shows the order. */
export const define: Define = (command, terminal) => {
  command
    .argument('<orderId>')
    .option('--amount <minor units>', 'the amount (default: everything that is left)', wholeNumber(1))
    .option('--final', 'this is the last capture: release the rest of the authorisation')
    .option(
      '--key <key>',
      'idempotency key: repeated with the same key, it is the same capture (default: a new key)',
    )
    .action(async (orderId: string, { key, ...body }: CaptureFlags) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.captureOrder(orderId, body, keyOf(key, json, terminal));
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
    });
};
