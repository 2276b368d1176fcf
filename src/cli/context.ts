import type { Command } from 'commander';
import { ApiClient } from '../../harness/api/api-client.ts';
import type { Connection } from '../../harness/api/connection.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import type { Terminal } from './terminal.ts';

/** What every command that talks to the API needs. */
export interface Context {
  readonly terminal: Terminal;
  readonly connection: Connection;
  readonly api: ApiClient;
  /** Machine output was asked for. */
  readonly json: boolean;
}

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

export function addGlobalOptions(program: Command): void {
  program
    .option('--url <url>', 'where the API is (CHECKOUT_URL; default: the system running here)')
    .option(
      '--api-key <key>',
      'the key to it (CHECKOUT_API_KEY; default: the one of the system running here)',
    )
    .option('--json', 'print JSON for programs');
}

export const wantsJson = (command: Command): boolean => command.optsWithGlobals<GlobalFlags>().json === true;

export function contextOf(command: Command, terminal: Terminal): Context {
  const connection = findConnection(command.optsWithGlobals<GlobalFlags>(), terminal.env);
  return { terminal, connection, api: new ApiClient(connection), json: wantsJson(command) };
}
