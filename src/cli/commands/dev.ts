import type { Command } from 'commander';
import { loadConfig } from '../../platform/config.ts';
import type { Terminal } from '../terminal.ts';

/** `checkout dev`: what `npm start` runs. It ends by Ctrl-C, in order. */
export function registerDev(program: Command, terminal: Terminal): void {
  program
    .command('dev')
    .description('run the whole system on this machine')
    .action(async () => {
      // Loaded only here: it brings the workers and the API along.
      const { runDev } = await import('../../../dev/dev.ts');
      await runDev(loadConfig(terminal.env, '.env'));
    });
}
