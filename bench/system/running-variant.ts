import { seedDemoCatalogue, DEMO_CATALOGUE } from '../../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { startChild } from '../lib/child.ts';
import { folderBytes } from '../lib/memory.ts';
import type { ProcessRoots } from '../lib/processor-time.ts';
import type { System } from './system.ts';
import { THOUSAND } from '../compare/scenarios.ts';
import { variants, type Variant, type VariantName } from '../variants/catalogue.ts';

export interface RunningVariant extends Variant {
  readonly name: VariantName;
  readonly pids: ProcessRoots;
  readonly url: string;
  readonly apiKey: string;
  readonly databaseUrl: string;
  /** Of its own database. */
  readonly pool: Pool;
  /** Bytes of its databases and of its engine's files; an engine's are shared by those that stand on it. */
  storedBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** More than any run sells. */
const ON_HAND = 1_000_000_000;

export interface StartOptions {
  /** Of its database and of its namespace. Default: the variant's. */
  readonly as?: string;
  readonly nodeArgs?: readonly string[];
  /** Processes, of which the first has the API, too. Only of this checkout. Default 1. */
  readonly processes?: number;
  /** Beside that of the variant. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a variant as a process of its own, on a database of its own, with the environment that `checkout dev` gives the
 * application. Whatever of it a variant does not know, it leaves unread.
 */
export async function startVariant(
  name: VariantName,
  system: System,
  { as = name, nodeArgs = [], processes = 1, env: more = {} }: StartOptions = {},
): Promise<RunningVariant> {
  const variant = variants[name];
  const engine = variant.engine === undefined ? undefined : system.engines.get(variant.engine);
  if (variant.engine !== undefined && !engine) throw new Error(`${variant.engine} was not started`);
  const database = as.replaceAll('-', '_');
  const databaseUrl = await system.createDatabase(database);
  await migrate(databaseUrl);
  await seedDemoCatalogue(databaseUrl);
  const pool = createPool({ url: databaseUrl, max: 2 });
  await fillShelves(pool);

  const databases = [database, ...(engine?.databases ?? [])];
  const extra: Record<string, string> = {};
  if (name === 'dbos') {
    databases.push('dbos_system');
    extra['DBOS_DATABASE_URL'] = await system.createDatabase('dbos_system');
  }
  const port = await freePort();
  const apiKey = 'ck_dev_bench';
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    CHECKOUT_API_KEY: apiKey,
    STRIPE_API_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: system.sandboxUrl,
    SMTP_URL: system.smtpUrl,
    // The limiter runs and counts, but one machine may send more than one shop's front end is let to.
    RATE_LIMIT_PER_MINUTE: '100000000',
    ...(await engine?.envFor(as)),
    ...variant.env,
    ...extra,
    ...more,
  };
  const child = { file: variant.file, nodeArgs: [...variant.nodeArgs, ...nodeArgs], folder: system.folder };
  const children = [await startChild({ name: as, env, ...child })];
  for (let n = 2; n <= processes; n += 1) {
    const roles = { CHECKOUT_ROLES: 'checkout,notifications' };
    children.push(await startChild({ name: `${as}-${n}`, env: { ...env, ...roles }, ...child }));
  }
  const pids = children.map(({ pid }) => pid);
  const { postgres, sandbox } = system.pids;
  return {
    ...variant,
    name,
    pids: { variant: pids, engine: engine?.pids ?? [], postgres: [postgres], sandbox: [sandbox] },
    url: `http://127.0.0.1:${port}`,
    apiKey,
    databaseUrl,
    pool,
    async storedBytes() {
      const { rows } = await system.pool.query<{ bytes: number }>(
        'select sum(pg_database_size(name))::int8 as bytes from unnest($1::text[]) name',
        [databases],
      );
      const inFiles = engine?.databases.length === 0 ? folderBytes(engine.folder) : 0;
      return (rows[0]?.bytes ?? 0) + inFiles;
    },
    async stop() {
      await Promise.all(children.map((each) => each.stop()));
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
