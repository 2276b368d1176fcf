import type { Command } from 'commander';
import { contextOf } from '../support/context.ts';
import { drawStats } from '../output/stats.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';

/** `checkout stats`: throughput, response times and backlog. */
export function registerStats(program: Command, terminal: Terminal): void {
  program
    .command('stats')
    .description('show throughput, response times and backlog')
    .option('--window <time>', 'the period up to now, such as 30s, 5m or 1h', '5m')
    .action(async ({ window }: { window: string }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const stats = await api.stats(window);
      if (json) writeJson(terminal.stdout, stats);
      else writeLine(terminal.stdout, drawStats(terminal.stdout, stats));
    });
}
