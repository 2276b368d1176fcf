import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawStats } from '../output/stats.ts';
import { writeJson, writeLine } from '../output/terminal.ts';

/** `checkout stats`: throughput, response times and backlog. */
export const define: Define = (command, terminal) => {
  command
    .option('--window <time>', 'the period up to now, such as 30s, 5m or 1h', '5m')
    .action(async ({ window }: { window: string }) => {
      const { api, json } = contextOf(command, terminal);
      const stats = await api.stats(window);
      if (json) writeJson(terminal.stdout, stats);
      else writeLine(terminal.stdout, drawStats(terminal.stdout, stats));
    });
};
