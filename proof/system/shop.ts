import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { createLocations } from '../../src/adapters/postgres/locations.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { waitUntilListening } from '../../dev/processes/listening.ts';
import { ApiClient } from '../../harness/api/api-client.ts';
import type { RetryPolicy } from '../../harness/api/transport.ts';
import { OTHER_WAREHOUSE, WAREHOUSE } from './addresses.ts';
import { startSupervised, type SupervisedProcess } from './supervised-process.ts';
import type { Built } from './built.ts';
import { createProvider, type Provider } from './provider.ts';
import type { Servers } from './servers.ts';

/** One checkout as a whole: its database, namespace, provider and processes. */
export interface Shop {
  readonly name: string;
  readonly pool: Pool;
  /** The processes may reach it by another port. */
  readonly databaseUrl: string;
  readonly temporal: Client;
  /** Repeats each call until it is answered, as a storefront does that goes on through faults. */
  readonly api: ApiClient;
  readonly apiUrl: string;
  /** Where it listens with {@link ShopOptions.usesZeroMq}. */
  readonly zeroMq: { readonly commands: string; readonly events: string };
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
  /** Whether it takes commands and publishes events by ZeroMQ. Default false. */
  readonly usesZeroMq?: boolean;
  /** Environment variables that override those of this function. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Environment variables of one process, by its name: `app-1` and so on, and those of {@link otherProcesses}. */
  readonly settingsOf?: (name: string) => Readonly<Record<string, string>>;
  /** After how many milliseconds a parcel moves on by itself. Default 0: parcels move only by command. */
  readonly parcelStepMs?: number;
  /** The port at which the processes reach a server that listens on `port`. Default: `port` itself. */
  readonly route?: (upstream: Upstream, port: number) => Promise<number>;
}

export type Upstream = 'postgres' | 'temporal' | 'sandbox' | 'smtp';

const SANDBOX_FILE = fileURLToPath(new URL('../../dist/sandbox/main.js', import.meta.url));
/** What each shop lets in, for everything. */
export const API_KEY = 'ck_proof';
const WEBHOOK_SECRET = 'whsec_proof';
/** A charge of `pm_sandbox_slow` takes longer than the order's workflow task waits for it, so that it can be cancelled meanwhile. */
const SLOW_MS = 1_500;
/** An order of more pieces than this waits for review. */
export const REVIEW_ABOVE = 50;
const STRIPE_TIMEOUT_MS = 5_000;
/** A location that has none of the items of every shop. */
export const OTHER_LOCATION = 'other';

const RETRY: RetryPolicy = {
  /** The order, or the command itself, does not allow the call. */
  finalStatuses: [409, 422],
  /** Longer than the API waits for a cancellation. */
  callTimeoutMs: 45_000,
  pauseMs: 200,
  /** Longer than the time within which everything must have recovered. */
  giveUpAfterMs: 90_000,
};

/** The pieces of each item at the beginning. */
const ITEMS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`item-${n + 1}`, 1_000_000])),
  /** This item is soon sold out. */
  'rare-1': 10,
};

export async function startShop(options: ShopOptions): Promise<Shop> {
  const { name, servers } = options;
  mkdirSync(join(options.folder, name), { recursive: true });
  const databaseUrl = await servers.createDatabase(name);
  await servers.createNamespace(name);

  const pool = createPool({ url: databaseUrl, max: 4 });
  const locations = createLocations(pool);
  await locations.put('default', { name: 'Warehouse', priority: 0, address: WAREHOUSE });
  await locations.put(OTHER_LOCATION, { name: 'Other warehouse', priority: 1, address: OTHER_WAREHOUSE });
  const catalogue = createStockCatalogue(pool);
  for (const [sku, onHand] of Object.entries(ITEMS))
    await catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand });

  const processes = await startOnFreePorts(['api', 'sandbox', 'smtp', 'commands', 'events'], (ports) =>
    startProcesses(options, databaseUrl, ports),
  );
  const { apps, sandbox, otherProcesses, ports } = processes;
  const connection = await Connection.connect({ address: `127.0.0.1:${servers.temporalPort}` });
  const apiUrl = urlOf(ports.api);
  return {
    name,
    pool,
    databaseUrl,
    temporal: new Client({ connection, namespace: name }),
    api: new ApiClient({ url: apiUrl, apiKey: API_KEY }, { retry: RETRY }),
    apiUrl,
    zeroMq: addressesOf(ports),
    provider: createProvider(urlOf(ports.sandbox)),
    sandbox,
    apps,
    otherProcesses,
    async stop() {
      await processes.stop();
      await connection.close();
      await pool.end();
    },
  };
}

type Ports = Readonly<Record<'api' | 'sandbox' | 'smtp' | 'commands' | 'events', number>>;

interface Processes extends Pick<Shop, 'sandbox' | 'apps' | 'otherProcesses' | 'stop'> {
  readonly ports: Ports;
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

const addressesOf = ({ commands, events }: Ports): Shop['zeroMq'] => ({
  commands: `tcp://127.0.0.1:${commands}`,
  events: `tcp://127.0.0.1:${events}`,
});

/** @throws {PortInUseError} if another process listens on one of the ports; then none of the processes runs */
async function startProcesses(options: ShopOptions, databaseUrl: string, ports: Ports): Promise<Processes> {
  const { name, workers = 1, otherProcesses: roles = {}, built, usesZeroMq = false } = options;
  const folder = join(options.folder, name);
  const started: SupervisedProcess[] = [];
  const stop = async (): Promise<void> => {
    const [sandbox, ...others] = started;
    await Promise.all(others.map((each) => each.stop()));
    await sandbox?.stop();
  };
  const start = async (
    own: string,
    file: string,
    env: Record<string, string>,
  ): Promise<SupervisedProcess> => {
    const process = await startSupervised({
      name: own,
      folder,
      file,
      env: { ...env, ...options.settingsOf?.(own) },
    });
    started.push(process);
    return process;
  };
  try {
    const sandbox = await start('sandbox', SANDBOX_FILE, sandboxEnvironment(ports, folder, options));
    const env = await appEnvironment(options, databaseUrl, ports);
    const file = built.workerFile;
    const apps: [SupervisedProcess, ...SupervisedProcess[]] = [await start('app-1', file, env)];
    for (let n = 2; n <= workers; n += 1)
      apps.push(
        await start(`app-${n}`, file, { ...env, CHECKOUT_ROLES: 'checkout,notifications,fulfilment' }),
      );
    const otherProcesses: Record<string, SupervisedProcess> = {};
    for (const [each, own] of Object.entries(roles))
      otherProcesses[each] = await start(each, file, { ...env, CHECKOUT_ROLES: own });
    // A relay whose port is taken keeps trying.
    const relay = otherProcesses['relay']?.pid();
    if (usesZeroMq && relay !== undefined) await waitUntilListening(relay, ports.events);
    return { ports, sandbox, apps, otherProcesses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const sandboxEnvironment = (
  ports: Ports,
  folder: string,
  { parcelStepMs = 0 }: ShopOptions,
): Record<string, string> => ({
  SANDBOX_PORT: String(ports.sandbox),
  SMTP_PORT: String(ports.smtp),
  SANDBOX_DATA_DIR: join(folder, 'sandbox'),
  SANDBOX_WEBHOOK_URL: `${urlOf(ports.api)}/v1/webhooks/stripe`,
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  SANDBOX_EASYPOST_WEBHOOK_URL: `${urlOf(ports.api)}/v1/webhooks/easypost`,
  EASYPOST_WEBHOOK_SECRET: WEBHOOK_SECRET,
  SANDBOX_SLOW_MS: String(SLOW_MS),
  SANDBOX_TRACKER_STEP_MS: String(parcelStepMs),
  LOG_LEVEL: 'warn',
});

async function appEnvironment(
  {
    name,
    servers,
    built,
    settings = {},
    usesZeroMq = false,
    route = (_, port) => Promise.resolve(port),
  }: ShopOptions,
  databaseUrl: string,
  ports: Ports,
): Promise<Record<string, string>> {
  const database = new URL(databaseUrl);
  database.port = String(await route('postgres', servers.postgresPort));
  const { commands, events } = addressesOf(ports);
  const sandbox = urlOf(await route('sandbox', ports.sandbox));
  return {
    DATABASE_URL: database.href,
    TEMPORAL_ADDRESS: `127.0.0.1:${await route('temporal', servers.temporalPort)}`,
    TEMPORAL_NAMESPACE: name,
    STRIPE_API_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: sandbox,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    EASYPOST_API_KEY: 'EZTKsandbox',
    EASYPOST_API_BASE: sandbox,
    EASYPOST_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_TIMEOUT_MS: String(STRIPE_TIMEOUT_MS),
    SMTP_URL: `smtp://127.0.0.1:${await route('smtp', ports.smtp)}`,
    CHECKOUT_API_KEY: API_KEY,
    PORT: String(ports.api),
    ...(usesZeroMq && { ZEROMQ_COMMANDS: commands, ZEROMQ_EVENTS: events }),
    LOG_LEVEL: 'warn',
    REVIEW_QUANTITY_ABOVE: String(REVIEW_ABOVE),
    AUDIT_SCHEDULE: 'off',
    ...settings,
    PROOF_WORKFLOW_BUNDLE: built.workflowBundle,
  };
}
