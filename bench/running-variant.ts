import { seedDemoCatalogue, DEMO_CATALOGUE } from '../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../src/adapters/postgres/stock-catalogue.ts';
import { freePort } from '../src/embedded/free-port.ts';
import { startChild } from './child.ts';
import { folderBytes } from './memory.ts';
import type { ProcessRoots } from './processor-time.ts';
import type { System } from './system.ts';
import { THOUSAND } from './scenarios.ts';
import { variants, type Variant, type VariantName } from './variants.ts';

export interface RunningVariant extends Variant {
  readonly name: VariantName;
  readonly pid: number;
  readonly pids: ProcessRoots;
  readonly url: string;
  readonly apiKey: string;
  /** Of its own database. */
  readonly pool: Pool;
  /** Bytes of its databases and of its engine's files; an engine's are shared by those that stand on it. */
  storedBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** More than any run sells. */
const ON_HAND = 1_000_000_000;

/**
 * Starts a variant as a process of its own, on a database of its own, with the environment that `checkout dev` gives the
 * application. Whatever of it a variant does not know, it leaves unread.
 */
export async function startVariant(
  name: VariantName,
  system: System,
  nodeArgs: readonly string[] = [],
): Promise<RunningVariant> {
  const variant = variants[name];
  const engine = variant.engine === undefined ? undefined : system.engines.get(variant.engine);
  if (variant.engine !== undefined && !engine) throw new Error(`${variant.engine} was not started`);
  const database = name.replace('-', '_');
  const url = await system.createDatabase(database);
  await migrate(url);
  await seedDemoCatalogue(url);
  const pool = createPool({ url, max: 2 });
  await fillShelves(pool);

  const ownDatabases = [database, ...(engine?.databases ?? [])];
  const extra: Record<string, string> = {};
  if (name === 'dbos') {
    extra['DBOS_DATABASE_URL'] = await system.createDatabase('dbos_system');
    ownDatabases.push('dbos_system');
  }
  const port = await freePort();
  const apiKey = 'ck_dev_bench';
  const child = await startChild({
    name,
    file: variant.file,
    nodeArgs: [...variant.nodeArgs, ...nodeArgs],
    folder: system.folder,
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: url,
      CHECKOUT_API_KEY: apiKey,
      STRIPE_API_KEY: 'sk_test_sandbox',
      STRIPE_API_BASE: system.sandboxUrl,
      SMTP_URL: system.smtpUrl,
      // The limiter runs and counts, but one machine may send more than one shop's front end is let to.
      RATE_LIMIT_PER_MINUTE: '100000000',
      ...(await engine?.envFor(name)),
      ...variant.env,
      ...extra,
    },
  });
  const { postgres, sandbox } = system.pids;
  return {
    ...variant,
    name,
    pid: child.pid,
    pids: {
      variant: [child.pid],
      engine: engine?.pids ?? [],
      postgres: [postgres],
      sandbox: [sandbox],
    },
    url: `http://127.0.0.1:${port}`,
    apiKey,
    pool,
    async storedBytes() {
      const { rows } = await system.pool.query<{ bytes: number }>(
        'select sum(pg_database_size(name))::int8 as bytes from unnest($1::text[]) name',
        [ownDatabases],
      );
      const inFiles = engine && engine.databases.length === 0 ? folderBytes(engine.folder) : 0;
      return (rows[0]?.bytes ?? 0) + inFiles;
    },
    async stop() {
      await child.stop();
      await pool.end();
    },
  };
}

async function fillShelves(pool: Pool): Promise<void> {
  const catalogue = createStockCatalogue(pool);
  const demo = DEMO_CATALOGUE.map(({ sku, title, unitPrice, currency }) => ({
    sku,
    title,
    unitPrice,
    currency,
  }));
  const others = THOUSAND.map((sku) => ({ sku, title: `Item ${sku}`, unitPrice: 1_000, currency: 'EUR' }));
  for (const { sku, ...item } of [...demo, ...others]) await catalogue.put(sku, { ...item, onHand: ON_HAND });
}
