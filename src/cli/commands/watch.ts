import type { Command } from 'commander';
import { isDecided, isEnd } from '../../domain/order-status.ts';
import { contextOf, type Context } from '../context.ts';
import { duration } from '../options.ts';
import { drawEvent, statusAfter } from '../order-output.ts';
import { paint, writeJsonLine, writeLine, type Terminal } from '../terminal.ts';
import { followOrder } from '../watch/follow-order.ts';
import { watchAll } from '../watch/watch-all.ts';

interface WatchFlags {
  follow?: boolean;
  every: number;
}

/**
 * `checkout watch [orderId]`: an order until it is decided (with `--follow`: until it has ended), or all of them until
 * Ctrl-C. It ends with 0 however the order ends: watching it has succeeded.
 */
export function registerWatch(program: Command, terminal: Terminal): void {
  program
    .command('watch')
    .description('watch an order until it is paid or has failed, or all orders, live')
    .argument('[orderId]')
    .option('--follow', 'go on after the payment, until nothing can happen to the order any more')
    .option('--every <time>', 'how often the table of all orders is drawn', duration, 1000)
    .action(async (orderId: string | undefined, flags: WatchFlags, command: Command) => {
      const context = contextOf(command, terminal);
      const signal = terminal.interrupted();
      if (orderId === undefined) await watchAll(context, flags.every, signal);
      else await watchOrder(context, orderId, flags.follow === true, signal);
    });
}

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
      writeLine(stderr, paint(stderr, 'yellow', 'The connection was lost. Trying again.'));
    },
  });
  for await (const event of events) {
    if (json) writeJsonLine(stdout, event);
    else writeLine(stdout, drawEvent(stdout, event));
  }
}
