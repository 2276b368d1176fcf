import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEMO_CATALOGUE, seedDemoCatalogue } from '../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../src/adapters/postgres/stock-catalogue.ts';
import { freePort } from '../src/embedded/free-port.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { temporalCliPath } from '../src/embedded/temporal-cli.ts';
import { startTemporal } from '../src/embedded/temporal-server.ts';
import { createLogger } from '../src/platform/logging.ts';
import { startChild } from './child.ts';
import { SANDBOX_FILE } from './variants.ts';

/** What all variants stand on: one PostgreSQL, one Temporal server, one sandbox, as `checkout dev` starts them. */
export interface System {
  readonly folder: string;
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalCli: string;
  readonly sandboxUrl: string;
  readonly smtpUrl: string;
  readonly pids: { readonly postgres: number; readonly temporal: number; readonly sandbox: number };
  /** Stops everything, and removes what was written. */
  stop(): Promise<void>;
}

/** More than any run sells. */
const ON_HAND = 10_000_000;

/** The state is on the disk of the checkout, not in a temporary folder: that may be in memory, where a sync costs nothing. */
export async function startSystem(): Promise<System> {
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
    const temporalCli = await temporalCliPath({
      given: process.env['TEMPORAL_CLI'],
      dataDir: resolve('.data'),
      logger,
    });

    const postgres = await startPostgres({
      dataDir: join(folder, 'postgres'),
      port: await freePort(),
      logger,
    });
    stops.push(() => postgres.stop());
    const temporal = await startTemporal({
      cli: temporalCli,
      port: await freePort(),
      uiPort: await freePort(),
      dbFile: join(folder, 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
      namespace: 'default',
      logger,
    });
    stops.push(() => temporal.stop());
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
      },
    });
    stops.push(() => sandbox.stop());

    await migrate(postgres.url);
    await seedDemoCatalogue(postgres.url);
    const pool = createPool({ url: postgres.url, max: 2 });
    stops.push(() => pool.end());
    await restock(pool);

    return {
      folder,
      pool,
      databaseUrl: postgres.url,
      temporalAddress: temporal.address,
      temporalCli,
      sandboxUrl: `http://127.0.0.1:${port}`,
      smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
      pids: { postgres: postgres.pid, temporal: temporal.pid, sandbox: sandbox.pid },
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

async function restock(pool: Pool): Promise<void> {
  const catalogue = createStockCatalogue(pool);
  for (const { sku, title, unitPrice, currency } of DEMO_CATALOGUE)
    await catalogue.put(sku, { title, unitPrice, currency, onHand: ON_HAND });
}
