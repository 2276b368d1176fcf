import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { startPostgres } from '../../dev/postgres/postgres.ts';
import { createSupervisor } from '../../dev/supervisor.ts';
import { createNamespace } from '../../dev/temporal/namespace.ts';
import { startTemporal } from '../../dev/temporal/server.ts';
import type { Logger } from '../../src/platform/logging.ts';

export type ServerName = 'PostgreSQL' | 'Temporal';

/** PostgreSQL and Temporal as `npm start` runs them: a supervisor starts each again when it has died. */
export interface Servers {
  readonly postgresPort: number;
  readonly temporalPort: number;
  /** Where Temporal shows its metrics. */
  readonly temporalMetricsUrl: string;
  /** Undefined while it is down. */
  pid(name: ServerName): number | undefined;
  /** Waits until both run. */
  up(): Promise<void>;
  /** Creates an empty database with the current schema, and returns its URL. */
  createDatabase(name: string): Promise<string>;
  createNamespace(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ServersOptions {
  readonly folder: string;
  readonly temporalCli: string;
  readonly logger: Logger;
  /** Of PostgreSQL. Default: 500. */
  readonly maxConnections?: number;
}

const TEMPLATE = 'migrated';
const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;

export async function startServers({
  folder,
  temporalCli,
  logger,
  maxConnections = 500,
}: ServersOptions): Promise<Servers> {
  // A server that is started again is reached on the ports that it had.
  const [postgres, temporal] = [
    { url: '', port: 0 },
    { port: 0, uiPort: 0, metricsPort: 0 },
  ];
  const supervisor = createSupervisor({ logger, maxDelayMs: 500 });
  mkdirSync(join(folder, 'temporal'), { recursive: true });
  await supervisor.start({
    name: 'PostgreSQL',
    async start() {
      const server = await startPostgres({
        dataDir: join(folder, 'postgres'),
        port: postgres.port,
        logger,
        settings: { max_connections: String(maxConnections) },
      });
      Object.assign(postgres, { url: server.url, port: server.port });
      return server;
    },
  });
  await supervisor.start({
    name: 'Temporal',
    async start() {
      const server = await startTemporal({
        cli: temporalCli,
        ...temporal,
        dbFile: join(folder, 'temporal', 'temporal.db'),
        logFile: join(folder, 'temporal', 'temporal.log'),
        namespace: 'default',
        logger,
      });
      const { port, uiPort, metricsUrl } = server;
      Object.assign(temporal, { port, uiPort, metricsPort: Number(new URL(metricsUrl).port) });
      return server;
    },
  });
  await sql(postgres.url, `create database ${TEMPLATE}`);
  await migrate(urlOf(postgres.url, TEMPLATE));

  return {
    postgresPort: postgres.port,
    temporalPort: temporal.port,
    temporalMetricsUrl: `http://127.0.0.1:${temporal.metricsPort}/metrics`,
    pid: (name) => supervisor.running().find((each) => each.name === name)?.pid,
    async up() {
      const deadline = Date.now() + START_TIMEOUT_MS;
      while (supervisor.running().length < 2) {
        if (Date.now() > deadline)
          throw new Error('PostgreSQL or Temporal does not run again after a minute');
        await delay(POLL_INTERVAL_MS);
      }
    },
    async createDatabase(name) {
      await sql(postgres.url, `create database ${name} template ${TEMPLATE}`);
      return urlOf(postgres.url, name);
    },
    createNamespace: (name) => createNamespace(`127.0.0.1:${temporal.port}`, name),
    stop: () => supervisor.stop(),
  };
}

async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
