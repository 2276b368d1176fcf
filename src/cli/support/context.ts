import type { Command } from 'commander';
import { ApiClient } from '../../../harness/api/api-client.ts';
import type { Connection } from '../../../harness/api/connection.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import type { Terminal } from '../output/terminal.ts';

/** What every command that calls the API needs. */
export interface Context {
  readonly terminal: Terminal;
  readonly connection: Connection;
  readonly api: ApiClient;
  /** Whether `--json` was given. */
  readonly json: boolean;
}

interface GlobalFlags extends ConnectionFlags {
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

export const wantsJson = (command: Command): boolean => command.optsWithGlobals<GlobalFlags>().json === true;

export function contextOf(command: Command, terminal: Terminal): Context {
  const connection = findConnection(command.optsWithGlobals<GlobalFlags>(), terminal.env);
  return { terminal, connection, api: new ApiClient(connection), json: wantsJson(command) };
}
