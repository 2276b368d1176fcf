import type { Command } from 'commander';
import type { ConnectionFlags } from './connection.ts';

/** The options of every command. */
export interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

export function addGlobalOptions(program: Command): void {
  program
    .option(
      '--url <url>',
      'the address of the API (or CHECKOUT_URL; default: the system that runs in this folder)',
    )
    .option(
      '--api-key <key>',
      'the API key (or CHECKOUT_API_KEY; default: the key of the system that runs in this folder)',
    )
    .option('--json', 'print JSON');
}
