import { mkdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkAddresses } from '../src/adapters/brokers/brokers.ts';
import { publicAddresses } from '../src/adapters/brokers/public-addresses.ts';
import { seedDemoCatalogue } from '../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../src/adapters/postgres/migrations/migrate.ts';
import { type Config, originOf } from '../src/platform/config.ts';
import { createLogger, type Logger } from '../src/platform/logging.ts';
import { installShutdown } from '../src/platform/shutdown.ts';
import { banner } from './banner.ts';
import { lockDataDir } from './dev-lock.ts';
import {
  appPart,
  type EntryPoints,
  type NodePartAndAddress,
  type PartAndAddress,
  NODE_PARTS,
  DEFAULT_ENTRY_POINTS,
  postgresDir,
  postgresPart,
  sandboxPart,
  temporalDbFile,
  temporalPart,
} from './dev-parts.ts';
import { removeDevState, stopLeftoverChildren, writeDevState } from './dev-state.ts';
import { checkPorts, neededPorts, takenPortError } from './ports.ts';
import { stopLeftoverPostgres } from './postgres/postgres.ts';
import { readOrCreateSecret } from './files/private-file.ts';
import { progressLine } from './progress-line.ts';
import type { NodeChildOptions } from './processes/node-child.ts';
import { StartError } from './processes/start-error.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { temporalCliPath } from './temporal/cli.ts';
import { stopLeftoverTemporal } from './temporal/server.ts';

export interface DevOptions {
  readonly entries?: EntryPoints;
  /** A step of the start before the application starts. */
  readonly beforeApp?: { readonly name: string; readonly run: () => Promise<void> };
}

/** What `npm run dev` needs to change a running system. */
export interface RunningSystem {
  readonly supervisor: Supervisor;
  /** The Node processes by the names of their parts. */
  readonly children: ReadonlyMap<string, NodeChildOptions>;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly logger: Logger;
}

/** All processes have ended within 10 s of Ctrl-C. */
const SHUTDOWN_GRACE_MS = 9500;

/**
 * Runs the whole system on this machine: PostgreSQL, Temporal, the sandbox and the application. Each part is restarted when it
 * dies, until a signal stops them all. Parts that are configured to run elsewhere are not started.
 *
 * Resolves when all parts are ready; the process then runs until it receives a signal. If a part cannot start, the process prints
 * one line with the reason and exits with status 1, leaving nothing running.
 *
 * @returns the running system; undefined if a signal has ended the start
 */
export async function runDev(given: Config, options: DevOptions = {}): Promise<RunningSystem | undefined> {
  const logger = createLogger({ level: given.logLevel, format: given.logFormat, component: 'dev' });
  try {
    checkAddresses(given.brokers);
    return await start(withDataDir(given), options, logger);
  } catch (error) {
    logger.debug({ err: error }, 'npm start failed');
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

async function start(
  config: Config,
  options: DevOptions,
  logger: Logger,
): Promise<RunningSystem | undefined> {
  const { dataDir } = config.embedded;
  const unlock = await lockDataDir(dataDir, originOf(config.http.host, config.http.port), logger);
  const secrets: Secrets = {
    apiKey: config.apiKey ?? readOrCreateSecret(join(dataDir, 'api-key'), 'ck_dev_'),
    webhookSecret:
      config.stripe.webhookSecret ?? readOrCreateSecret(join(dataDir, 'webhook-secret'), 'whsec_'),
  };
  const startedAt = new Date();
  let ready = false;
  const save = (): void => {
    writeDevState(dataDir, {
      config,
      apiKey: secrets.apiKey,
      startedAt,
      ready,
      running: supervisor.running(),
    });
  };
  const supervisor = createSupervisor({ logger, onChange: save });
  const end = async (): Promise<void> => {
    await supervisor.stop();
    removeDevState(dataDir);
    unlock();
  };
  installShutdown({ logger, graceMs: SHUTDOWN_GRACE_MS, phases: [{ name: 'all parts', run: end }] });
  let system: RunningSystem;
  try {
    await stopLeftovers(config, logger);
    await checkPorts(neededPorts(config));
    save();
    system = await startParts(config, secrets, options, supervisor, logger);
  } catch (error) {
    if (supervisor.stopping()) return undefined; // a signal came while starting: its shutdown ends the process
    await end();
    const cause = error instanceof Error ? error.cause : undefined;
    throw takenPortError(cause, neededPorts(config)) ?? error;
  }
  ready = true;
  save();
  const { embedded } = config;
  console.log(
    banner({
      apiUrl: originOf(config.http.host, config.http.port),
      temporalUiUrl:
        config.temporal.address === undefined ? originOf('127.0.0.1', embedded.temporalUiPort) : undefined,
      sandboxUrl: embedded.sandbox ? originOf(config.http.host, embedded.sandboxPort) : undefined,
      brokers: publicAddresses(config.brokers),
      apiKey: secrets.apiKey,
      dataDir,
      isOtherDataDir: relative(process.cwd(), dataDir) !== '.data',
      seconds: secondsSince(startedAt),
    }),
  );
  return system;
}

interface Secrets {
  readonly apiKey: string;
  readonly webhookSecret: string;
}

/** Starts each part after the parts that it depends on. */
async function startParts(
  config: Config,
  { apiKey, webhookSecret }: Secrets,
  { entries = DEFAULT_ENTRY_POINTS, beforeApp }: DevOptions,
  supervisor: Supervisor,
  logger: Logger,
): Promise<RunningSystem> {
  const launch = ({ part, address }: PartAndAddress): Promise<void> =>
    step(part.name, address, () => supervisor.start(part));
  const children = new Map<string, NodeChildOptions>();
  const launchNode = (launched: NodePartAndAddress): Promise<void> => {
    children.set(launched.part.name, launched.child);
    return launch(launched);
  };

  let databaseUrl = config.databaseUrl;
  if (databaseUrl === undefined) await launch(postgresPart(config, logger, (url) => (databaseUrl = url)));
  if (databaseUrl === undefined)
    throw new StartError('PostgreSQL has reported no address: set DATABASE_URL to use another server.');

  if (config.temporal.address === undefined) {
    const { temporalCli: given, dataDir } = config.embedded;
    await launch(temporalPart(config, await temporalCliPath({ given, dataDir, logger }), logger));
  }
  if (config.embedded.sandbox) await launchNode(sandboxPart(config, webhookSecret, entries));

  const url = databaseUrl;
  await step('database', 'schema and demo catalogue are ready', async () => {
    await migrate(url, { logger });
    await seedDemoCatalogue(url);
  });
  const temporalAddress = config.temporal.address ?? `127.0.0.1:${config.embedded.temporalPort}`;
  if (beforeApp !== undefined) await step(beforeApp.name, 'ready', beforeApp.run);
  await launchNode(appPart(config, { databaseUrl, temporalAddress, apiKey, webhookSecret }, entries));
  return { supervisor, children, databaseUrl, temporalAddress, logger };
}

async function step(name: string, outcome: string, work: () => Promise<void>): Promise<void> {
  const began = new Date();
  await work().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(why.includes(name) ? why : `The ${name} did not start: ${why}`, { cause: error });
  });
  console.log(progressLine(name, secondsSince(began), outcome));
}

/** Stops the processes of a run that was killed, which would use the ports and the data of this run. */
async function stopLeftovers(config: Config, logger: Logger): Promise<void> {
  await stopLeftoverChildren(config.embedded.dataDir, NODE_PARTS, logger);
  await stopLeftoverTemporal({ dbFile: temporalDbFile(config), logger });
  await stopLeftoverPostgres({ dataDir: postgresDir(config), logger });
}

/**
 * Creates the data folder if it is missing. Returns its real path, because leftover processes are recognised by the path in their
 * command line.
 */
function withDataDir(config: Config): Config {
  const { dataDir } = config.embedded;
  try {
    // For root: PostgreSQL runs as another user, which must be able to pass through the folder. Private files have their own modes.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    return { ...config, embedded: { ...config.embedded, dataDir: realpathSync(dataDir) } };
  } catch (error) {
    throw new StartError(`CHECKOUT_DATA_DIR must be a folder that can be written: ${String(error)}`, {
      cause: error,
    });
  }
}

function secondsSince(began: Date): string {
  return ((Date.now() - began.getTime()) / 1000).toFixed(1);
}
