import type { Command } from 'commander';
import type { CaptureRequestBody } from '../../contracts/http/order.ts';
import { contextOf } from '../context.ts';
import { wholeNumber } from '../options.ts';
import { drawOrder } from '../order-output.ts';
import { keyOf } from '../repeatable.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';

interface CaptureFlags extends CaptureRequestBody {
  key?: string;
}

/** `checkout capture <orderId>`: takes money that was authorised, and shows the order. */
export function registerCapture(program: Command, terminal: Terminal): void {
  program
    .command('capture')
    .description('take money that was authorised, whole or in part')
    .argument('<orderId>')
    .option('--amount <minor units>', 'how much (default: everything that is left)', wholeNumber(1))
    .option('--final', 'no other capture follows: what is left is released')
    .option(
      '--key <key>',
      'idempotency key: the same key and capture is the same capture (default: a new one)',
    )
    .action(async (orderId: string, { key, ...body }: CaptureFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const order = await api.captureOrder(orderId, body, keyOf(key, json, terminal));
      if (json) writeJson(terminal.stdout, order);
      else writeLine(terminal.stdout, drawOrder(terminal.stdout, order));
    });
}
