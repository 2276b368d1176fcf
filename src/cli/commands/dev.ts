import type { Command } from 'commander';
import { loadConfig } from '../../platform/config.ts';
import type { Terminal } from '../output/terminal.ts';

/** `checkout dev`, which `npm start` runs. Ctrl-C stops everything in order. */
export function registerDev(program: Command, terminal: Terminal): void {
  program
    .command('dev')
    .description('run the whole system on this machine, for development')
    .action(async () => {
      // Imported only here, because it loads the workers and the API.
      const { runDev } = await import('../../../dev/dev.ts');
      await runDev(loadConfig(terminal.env, '.env'));
    });
}
