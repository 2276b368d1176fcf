import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, originOf } from '../src/platform/config.ts';
import type { Logger } from '../src/platform/logging.ts';
import { appEnvironment, sandboxEnvironment, type AppConnections } from './child-environment.ts';
import { startNodeChild, type NodeChildOptions } from './processes/node-child.ts';
import { startPostgres } from './postgres/postgres.ts';
import type { Part } from './processes/part.ts';
import { startTemporal } from './temporal/server.ts';

/** The main files of the Node processes, relative to the repository and without extension. Tests use other files. */
export interface EntryPoints {
  readonly sandbox: string;
  readonly app: string;
}

export const DEFAULT_ENTRY_POINTS: EntryPoints = { sandbox: 'sandbox/main', app: 'src/app/main' };

/** The names of the parts that are Node processes. */
export const NODE_PARTS = ['sandbox', 'app'] as const;

export interface PartAndAddress {
  readonly part: Part;
  /** The address that `npm start` prints. */
  readonly address: string;
}

/** A part that is a Node process. */
export interface NodePartAndAddress extends PartAndAddress {
  readonly child: NodeChildOptions;
}

/** @param onUrl receives the URL of the database each time the server starts */
export function postgresPart(config: Config, logger: Logger, onUrl: (url: string) => void): PartAndAddress {
  const { postgresPort: port } = config.embedded;
  const start = async (): ReturnType<Part['start']> => {
    const server = await startPostgres({ dataDir: postgresDir(config), port, logger });
    onUrl(server.url);
    return server;
  };
  return { part: { name: 'PostgreSQL', start }, address: `127.0.0.1:${port}` };
}

export function temporalPart(config: Config, cli: string, logger: Logger): PartAndAddress {
  const { temporalPort: port, temporalUiPort: uiPort, temporalMetricsPort: metricsPort } = config.embedded;
  const dbFile = temporalDbFile(config);
  const start = (): ReturnType<Part['start']> => {
    const folder = join(config.embedded.dataDir, 'temporal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const logFile = join(folder, 'temporal.log');
    return startTemporal({
      cli,
      port,
      uiPort,
      ...(metricsPort !== undefined && { metricsPort }),
      dbFile,
      logFile,
      namespace: config.temporal.namespace,
      logger,
    });
  };
  return { part: { name: 'Temporal', start }, address: `127.0.0.1:${port}` };
}

export function sandboxPart(config: Config, webhookSecret: string, entries: EntryPoints): NodePartAndAddress {
  const env = sandboxEnvironment(config, webhookSecret);
  const child: NodeChildOptions = { entry: entries.sandbox, env, graceMs: 1000 };
  const start = (): ReturnType<Part['start']> => {
    mkdirSync(join(config.embedded.dataDir, 'sandbox'), { recursive: true, mode: 0o700 });
    return startNodeChild(child);
  };
  return {
    part: { name: 'sandbox', start },
    address: originOf(config.http.host, config.embedded.sandboxPort),
    child,
  };
}

/**
 * The API and the workers run in one process, so that a workflow's first task is executed without a round trip to the Temporal
 * server (eager workflow start).
 */
export function appPart(
  config: Config,
  connections: AppConnections,
  entries: EntryPoints,
): NodePartAndAddress {
  const child: NodeChildOptions = {
    entry: entries.app,
    env: appEnvironment(config, connections),
    graceMs: 5000,
  };
  const start = (): ReturnType<Part['start']> => startNodeChild(child);
  return { part: { name: 'app', start }, address: originOf(config.http.host, config.http.port), child };
}

export function postgresDir(config: Config): string {
  return join(config.embedded.dataDir, 'postgres');
}

export function temporalDbFile(config: Config): string {
  return join(config.embedded.dataDir, 'temporal', 'temporal.db');
}
