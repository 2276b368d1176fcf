import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { startPostgres } from '../../dev/postgres/postgres.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { startChild } from '../lib/child.ts';
import { startEngine, type Engine, type EngineName } from '../engines/index.ts';
import { SANDBOX_FILE } from '../variants/catalogue.ts';

/** What all variants stand on: one PostgreSQL, one sandbox, and the engines, each once. */
export interface System {
  readonly folder: string;
  /** Of PostgreSQL as a whole: settings, sizes. */
  readonly pool: Pool;
  readonly engines: ReadonlyMap<EngineName, RunningEngine>;
  readonly sandboxUrl: string;
  readonly smtpUrl: string;
  readonly pids: { readonly postgres: number; readonly sandbox: number };
  /** A new database; its URL. */
  createDatabase(name: string): Promise<string>;
  /** Stops everything, and removes what was written. */
  stop(): Promise<void>;
}

export interface RunningEngine extends Engine {
  readonly folder: string;
}

/** The orders of the tail. Milliseconds. */
export const SLOW_MS = 3_000;
/** Every variant and engine keeps a pool of its own. */
const POSTGRES_CONNECTIONS = '400';

/**
 * The state is on the disk of the checkout, not in a temporary folder: that may be in memory, where a sync costs nothing.
 *
 * @param tell what is being started
 */
export async function startSystem(
  engines: readonly EngineName[],
  tell: (line: string) => void = () => undefined,
): Promise<System> {
  const folder = newFolder();
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
    tell('starting PostgreSQL and the sandbox');
    const postgres = await startPostgres({
      dataDir: join(folder, 'postgres'),
      port: await freePort(),
      logger,
      settings: { max_connections: POSTGRES_CONNECTIONS },
    });
    stops.push(() => postgres.stop());
    const [port, smtpPort] = [await freePort(), await freePort()];
    // No address for webhooks: none are sent, for any variant.
    const sandbox = await startChild({
      name: 'sandbox',
      file: SANDBOX_FILE,
      folder,
      env: {
        SANDBOX_PORT: String(port),
        SMTP_PORT: String(smtpPort),
        SANDBOX_DATA_DIR: join(folder, 'sandbox'),
        SANDBOX_SLOW_MS: String(SLOW_MS),
      },
    });
    stops.push(() => sandbox.stop());
    const pool = createPool({ url: postgres.url, max: 2 });
    stops.push(() => pool.end());

    const running = new Map<EngineName, RunningEngine>();
    for (const name of engines) {
      tell(`starting ${name}`);
      const own = join(folder, name);
      const engine = await startEngine(name, { folder: own, databaseUrl: postgres.url, logger });
      stops.push(() => engine.stop());
      running.set(name, { ...engine, folder: own });
    }

    return {
      folder,
      pool,
      engines: running,
      sandboxUrl: `http://127.0.0.1:${port}`,
      smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
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

function newFolder(): string {
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(resolve('.data', 'bench-'));
  chmodSync(folder, 0o711); // PostgreSQL's own user passes through it when we are root
  return folder;
}
