import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, originOf } from '../src/platform/config.ts';
import type { Logger } from '../src/platform/logging.ts';
import { appEnvironment, sandboxEnvironment, type Wiring } from './child-environment.ts';
import { startNodeChild } from './processes/node-child.ts';
import { startPostgres } from './postgres/postgres.ts';
import type { Part } from './supervisor.ts';
import { startTemporal } from './temporal/server.ts';

/** Main files of our own processes, relative to the repository and without extension; a test gives others. */
export interface DevEntries {
  readonly sandbox: string;
  readonly app: string;
}

export const ownEntries: DevEntries = { sandbox: 'sandbox/main', app: 'src/app/main' };

/** Names of the parts that are Node processes of ours. */
export const nodeParts = ['sandbox', 'app'] as const;

export interface Located {
  readonly part: Part;
  /** Where it can be reached, for people. */
  readonly at: string;
}

/** @param onUrl is told the URL of the database, each time that the server starts */
export function postgresPart(config: Config, logger: Logger, onUrl: (url: string) => void): Located {
  const { postgresPort: port } = config.embedded;
  const start = async (): ReturnType<Part['start']> => {
    const server = await startPostgres({ dataDir: postgresDir(config), port, logger });
    onUrl(server.url);
    return server;
  };
  return { part: { name: 'PostgreSQL', start }, at: `127.0.0.1:${port}` };
}

export function temporalPart(config: Config, cli: string, logger: Logger): Located {
  const { temporalPort: port, temporalUiPort: uiPort } = config.embedded;
  const dbFile = temporalDbFile(config);
  const start = (): ReturnType<Part['start']> => {
    const folder = join(config.embedded.dataDir, 'temporal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const logFile = join(folder, 'temporal.log');
    return startTemporal({
      cli,
      port,
      uiPort,
      dbFile,
      logFile,
      namespace: config.temporal.namespace,
      logger,
    });
  };
  return { part: { name: 'Temporal', start }, at: `127.0.0.1:${port}` };
}

export function sandboxPart(config: Config, webhookSecret: string, entries: DevEntries): Located {
  const env = sandboxEnvironment(config, webhookSecret);
  const start = (): ReturnType<Part['start']> => {
    mkdirSync(join(config.embedded.dataDir, 'sandbox'), { recursive: true, mode: 0o700 });
    return startNodeChild({ entry: entries.sandbox, env, graceMs: 1000 });
  };
  return { part: { name: 'sandbox', start }, at: originOf(config.http.host, config.embedded.sandboxPort) };
}

/** API and workers in one process, so that a workflow's first task needs no trip to the server (eager start). */
export function appPart(config: Config, wiring: Wiring, entries: DevEntries): Located {
  const env = appEnvironment(config, wiring);
  const start = (): ReturnType<Part['start']> => startNodeChild({ entry: entries.app, env, graceMs: 5000 });
  return { part: { name: 'app', start }, at: originOf(config.http.host, config.http.port) };
}

export function postgresDir(config: Config): string {
  return join(config.embedded.dataDir, 'postgres');
}

export function temporalDbFile(config: Config): string {
  return join(config.embedded.dataDir, 'temporal', 'temporal.db');
}
