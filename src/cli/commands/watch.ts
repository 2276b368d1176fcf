import { isDecided, isEnd } from '../../domain/order-status.ts';
import { contextOf, type Context } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { duration } from '../support/options.ts';
import { drawEvent, statusAfter } from '../output/orders.ts';
import { paint, writeJsonLine, writeLine } from '../output/terminal.ts';
import { followOrder } from '../watch/follow-order.ts';
import { watchAll } from '../watch/watch-all.ts';

interface WatchFlags {
  follow?: boolean;
  every: number;
}

/**
 * `checkout watch [orderId]`: shows an order until it is decided (with `--follow`: until it has ended), or all orders until
 * Ctrl-C. Exits with 0 whatever the outcome of the order.
 */
export const define: Define = (command, terminal) => {
  command
    .argument('[orderId]')
    .option('--follow', 'go on after the payment, until the order has ended')
    .option('--every <time>', 'how often the table of all orders is updated', duration, 1000)
    .action(async (orderId: string | undefined, flags: WatchFlags) => {
      const context = contextOf(command, terminal);
      const signal = terminal.interrupted();
      if (orderId === undefined) await watchAll(context, flags.every, signal);
      else await watchOrder(context, orderId, flags.follow === true, signal);
    });
};

async function watchOrder(
  { api, json, terminal: { stdout, stderr } }: Context,
  orderId: string,
  follow: boolean,
  signal: AbortSignal,
): Promise<void> {
  const isOver = follow ? isEnd : isDecided;
  const events = followOrder(api, orderId, {
    signal,
    isLast: (event) => {
      const status = statusAfter(event);
      return status !== undefined && isOver(status);
    },
    onLost: () => {
      writeLine(stderr, paint(stderr, 'yellow', 'The connection was lost. Connecting again.'));
    },
  });
  for await (const event of events) {
    if (json) writeJsonLine(stdout, event);
    else writeLine(stdout, drawEvent(stdout, event));
  }
}
