import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { startPostgres } from '../../dev/postgres/postgres.ts';
import { createLogger } from '../../src/platform/logging.ts';
import type { Engine, EngineName } from '../engines/engine.ts';
import { startEngine } from '../engines/index.ts';
import { startChild } from '../lib/child.ts';
import type { Log } from '../lib/progress.ts';
import { createRunFolder } from '../lib/run-folder.ts';
import { SANDBOX_FILE } from '../variants/catalogue.ts';

/** What all variants share: one PostgreSQL, one sandbox, and one server of each engine. */
export interface System {
  readonly folder: string;
  /** For settings of PostgreSQL and sizes of databases. */
  readonly pool: Pool;
  readonly engines: ReadonlyMap<EngineName, RunningEngine>;
  readonly sandboxUrl: string;
  readonly smtpUrl: string;
  readonly pids: { readonly postgres: number; readonly sandbox: number };
  /** Creates a database and returns its URL. */
  createDatabase(name: string): Promise<string>;
  /** Stops everything and deletes its data. */
  stop(): Promise<void>;
}

export interface RunningEngine extends Engine {
  readonly folder: string;
}

/** How long the sandbox takes for a payment by the slow method. Milliseconds. */
const SLOW_MS = 3_000;
/** Every variant and engine has a connection pool of its own. */
const MAX_CONNECTIONS = '400';

/** @param log receives a line for each server that is started */
export async function startSystem(
  engines: readonly EngineName[],
  log: Log = () => undefined,
): Promise<System> {
  const folder = createRunFolder();
  const stops: (() => unknown)[] = [
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  ];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const logger = createLogger({ level: 'warn', component: 'bench' });
    log('starting PostgreSQL and the sandbox');
    const postgres = await startPostgres({
      dataDir: join(folder, 'postgres'),
      port: 0,
      logger,
      settings: { max_connections: MAX_CONNECTIONS },
    });
    stops.push(() => postgres.stop());
    const { sandbox, http, smtp } = await startOnFreePorts(['http', 'smtp'], async (ports) => ({
      ...ports,
      // Without an address for webhooks the sandbox sends none, so every variant is measured without them.
      sandbox: await startChild({
        name: 'sandbox',
        file: SANDBOX_FILE,
        folder,
        env: {
          SANDBOX_PORT: String(ports.http),
          SMTP_PORT: String(ports.smtp),
          SANDBOX_DATA_DIR: join(folder, 'sandbox'),
          SANDBOX_SLOW_MS: String(SLOW_MS),
        },
      }),
    }));
    stops.push(() => sandbox.stop());
    const pool = createPool({ url: postgres.url, max: 2 });
    stops.push(() => pool.end());

    const running = new Map<EngineName, RunningEngine>();
    for (const name of engines) {
      log(`starting ${name}`);
      const engineFolder = join(folder, name);
      const engine = await startEngine(name, { folder: engineFolder, databaseUrl: postgres.url, logger });
      stops.push(() => engine.stop());
      running.set(name, { ...engine, folder: engineFolder });
    }

    return {
      folder,
      pool,
      engines: running,
      sandboxUrl: `http://127.0.0.1:${http}`,
      smtpUrl: `smtp://127.0.0.1:${smtp}`,
      pids: { postgres: postgres.pid, sandbox: sandbox.pid },
      async createDatabase(name) {
        await pool.query(`create database ${pg.escapeIdentifier(name)}`);
        return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
