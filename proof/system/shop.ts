import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { ApiClient } from '../../harness/api/api-client.ts';
import type { RetryPolicy } from '../../harness/api/transport.ts';
import { startSupervised, type SupervisedProcess } from './supervised-process.ts';
import type { Built } from './built.ts';
import { createProvider, type Provider } from './provider.ts';
import type { Servers } from './servers.ts';

/** One checkout as a whole: its database, namespace, provider and processes. */
export interface Shop {
  readonly name: string;
  readonly pool: Pool;
  readonly temporal: Client;
  /** Repeats each call until it is answered, as a storefront does that goes on through faults. */
  readonly api: ApiClient;
  readonly apiUrl: string;
  readonly provider: Provider;
  readonly sandbox: SupervisedProcess;
  /** The first has the API and workers; the others have workers only. */
  readonly apps: readonly [SupervisedProcess, ...SupervisedProcess[]];
  /** The processes of {@link ShopOptions.otherProcesses}, by name. */
  readonly otherProcesses: Readonly<Record<string, SupervisedProcess>>;
  stop(): Promise<void>;
}

export interface ShopOptions {
  readonly name: string;
  readonly servers: Servers;
  readonly built: Built;
  readonly folder: string;
  /** How many processes have workers. Default 1. */
  readonly workers?: number;
  /** The roles of further processes, by name. */
  readonly otherProcesses?: Readonly<Record<string, string>>;
  /** Environment variables that override those of this function. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port at which the processes reach a server that listens on `port`. Default: `port` itself. */
  readonly route?: (upstream: Upstream, port: number) => Promise<number>;
}

export type Upstream = 'postgres' | 'temporal' | 'sandbox';

const SANDBOX_FILE = fileURLToPath(new URL('../../dist/sandbox/main.js', import.meta.url));
const API_KEY = 'ck_proof';
const WEBHOOK_SECRET = 'whsec_proof';
/** A charge of `pm_sandbox_slow` takes longer than the order's workflow task waits for it, so that it can be cancelled meanwhile. */
const SLOW_MS = 1_500;
/** An order of more pieces than this waits for review. */
export const REVIEW_ABOVE = 50;
const STRIPE_TIMEOUT_MS = 5_000;

const RETRY: RetryPolicy = {
  /** The order, or the command itself, does not allow the call. */
  finalStatuses: [409, 422],
  /** Longer than the API waits for a cancellation. */
  callTimeoutMs: 45_000,
  pauseMs: 200,
  /** Longer than the time within which everything must have recovered. */
  giveUpAfterMs: 90_000,
};

const ITEMS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`item-${n + 1}`, 1_000_000])),
  /** This item is soon sold out. */
  'rare-1': 10,
};

export async function startShop(options: ShopOptions): Promise<Shop> {
  const {
    name,
    servers,
    built,
    workers = 1,
    otherProcesses: roles = {},
    settings = {},
    route = (_, port) => Promise.resolve(port),
  } = options;
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const databaseUrl = await servers.createDatabase(name);
  await servers.createNamespace(name);
  const [apiPort, sandboxPort, smtpPort] = [await freePort(), await freePort(), await freePort()];
  const temporalAddress = `127.0.0.1:${servers.temporalPort}`;

  const pool = createPool({ url: databaseUrl, max: 4 });
  const catalogue = createStockCatalogue(pool);
  for (const [sku, onHand] of Object.entries(ITEMS))
    await catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand });

  const sandbox = await startSupervised({
    name: 'sandbox',
    folder,
    file: SANDBOX_FILE,
    env: {
      SANDBOX_PORT: String(sandboxPort),
      SMTP_PORT: String(smtpPort),
      SANDBOX_DATA_DIR: join(folder, 'sandbox'),
      SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${apiPort}/v1/webhooks/stripe`,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      SANDBOX_SLOW_MS: String(SLOW_MS),
      LOG_LEVEL: 'warn',
    },
  });
  const routed = new URL(databaseUrl);
  routed.port = String(await route('postgres', servers.postgresPort));
  const env = {
    DATABASE_URL: routed.href,
    TEMPORAL_ADDRESS: `127.0.0.1:${await route('temporal', servers.temporalPort)}`,
    TEMPORAL_NAMESPACE: name,
    STRIPE_API_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: `http://127.0.0.1:${await route('sandbox', sandboxPort)}`,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_TIMEOUT_MS: String(STRIPE_TIMEOUT_MS),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    CHECKOUT_API_KEY: API_KEY,
    PORT: String(apiPort),
    LOG_LEVEL: 'warn',
    REVIEW_QUANTITY_ABOVE: String(REVIEW_ABOVE),
    AUDIT_SCHEDULE: 'off',
    ...settings,
    PROOF_WORKFLOW_BUNDLE: built.workflowBundle,
  };
  const file = built.workerFile;
  const first = await startSupervised({ name: 'app-1', folder, file, env });
  const others: SupervisedProcess[] = [];
  for (let n = 2; n <= workers; n += 1) {
    const workersOnly = { CHECKOUT_ROLES: 'checkout,notifications' };
    others.push(await startSupervised({ name: `app-${n}`, folder, file, env: { ...env, ...workersOnly } }));
  }
  const otherProcesses: Record<string, SupervisedProcess> = {};
  for (const [each, own] of Object.entries(roles))
    otherProcesses[each] = await startSupervised({
      name: each,
      folder,
      file,
      env: { ...env, CHECKOUT_ROLES: own },
    });
  const connection = await Connection.connect({ address: temporalAddress });
  const apps = [first, ...others] as const;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  return {
    name,
    pool,
    temporal: new Client({ connection, namespace: name }),
    api: new ApiClient({ url: apiUrl, apiKey: API_KEY }, { retry: RETRY }),
    apiUrl,
    provider: createProvider(`http://127.0.0.1:${sandboxPort}`),
    sandbox,
    apps,
    otherProcesses,
    async stop() {
      await Promise.all([...apps, ...Object.values(otherProcesses)].map((app) => app.stop()));
      await sandbox.stop();
      await connection.close();
      await pool.end();
    },
  };
}
