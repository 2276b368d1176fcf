import type { Command } from 'commander';
import { ApiClient } from '../../../harness/api/api-client.ts';
import type { Connection } from '../../../harness/api/connection.ts';
import { findConnection } from './connection.ts';
import type { GlobalFlags } from './global-options.ts';
import type { Terminal } from '../output/terminal.ts';

/** What every command that calls the API needs. */
export interface Context {
  readonly terminal: Terminal;
  readonly connection: Connection;
  readonly api: ApiClient;
  /** Whether `--json` was given. */
  readonly json: boolean;
}

export const wantsJson = (command: Command): boolean => command.optsWithGlobals<GlobalFlags>().json === true;

export function contextOf(command: Command, terminal: Terminal): Context {
  const connection = findConnection(command.optsWithGlobals<GlobalFlags>(), terminal.env);
  return { terminal, connection, api: new ApiClient(connection), json: wantsJson(command) };
}
