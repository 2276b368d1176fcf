import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { showOnce } from '../top/once.ts';
import { showLive } from '../top/live.ts';

/** `checkout top`: how the shop is, live, until `q` or Ctrl-C. Without a terminal, or with `--once`, one picture. */
export const define: Define = (command, terminal) => {
  command
    .option('--once', 'print one picture and end, as it does where the output is no terminal')
    .action(async ({ once = false }: { once?: boolean }) => {
      const context = contextOf(command, terminal);
      const isLive = !once && (context.json || terminal.stdout.isTTY === true);
      await (isLive ? showLive : showOnce)(context, terminal.interrupted());
    });
};
