import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { checkAddresses } from '../src/adapters/brokers/brokers.ts';
import { seedDemoCatalogue } from '../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import { type Config, originOf } from '../src/platform/config.ts';
import { createLogger, type Logger } from '../src/platform/logging.ts';
import { installShutdown } from '../src/platform/shutdown.ts';
import { banner } from './banner.ts';
import { lockDataDir } from './dev-lock.ts';
import {
  appPart,
  type DevEntries,
  type Located,
  nodeParts,
  ownEntries,
  postgresDir,
  postgresPart,
  sandboxPart,
  temporalDbFile,
  temporalPart,
} from './dev-parts.ts';
import { forgetState, stopLeftoverChildren, writeState } from './dev-state.ts';
import { checkPorts, neededPorts } from './ports.ts';
import { stopLeftoverPostgres } from './postgres/postgres.ts';
import { keptSecret } from './private-file.ts';
import { StartError } from './processes/start-error.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { temporalCliPath } from './temporal/cli.ts';
import { stopLeftoverTemporal } from './temporal/server.ts';

/** Everything is over within 10 s of Ctrl-C. */
const graceMs = 9500;

/**
 * The whole system on this machine: PostgreSQL, Temporal, the sandbox and our own processes, each watched and started again
 * when it dies, until a signal stops them all. What is configured to run elsewhere is not started.
 *
 * Returns when all is ready, and the process lives on until it is told to stop. Where it cannot start it prints one line
 * that says why, and ends the process with 1 and nothing left running.
 */
export async function runDev(given: Config, entries: DevEntries = ownEntries): Promise<void> {
  const logger = createLogger({ level: given.logLevel, component: 'dev' });
  try {
    checkAddresses(given.brokers);
    await start(withDataDir(given), entries, logger);
  } catch (error) {
    logger.debug({ err: error }, 'not started');
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

async function start(config: Config, entries: DevEntries, logger: Logger): Promise<void> {
  const { dataDir } = config.embedded;
  const unlock = await lockDataDir(dataDir, originOf(config.http.host, config.http.port), logger);
  const secrets: Secrets = {
    apiKey: config.apiKey ?? keptSecret(join(dataDir, 'api-key'), 'ck_dev_'),
    webhookSecret: config.stripe.webhookSecret ?? keptSecret(join(dataDir, 'webhook-secret'), 'whsec_'),
  };
  const startedAt = new Date();
  let ready = false;
  const save = (): void => {
    writeState(dataDir, { config, apiKey: secrets.apiKey, startedAt, ready, running: supervisor.running() });
  };
  const supervisor = createSupervisor({ logger, onChange: save });
  const end = async (): Promise<void> => {
    await supervisor.stop();
    forgetState(dataDir);
    unlock();
  };
  installShutdown({ logger, graceMs, phases: [{ name: 'everything', run: end }] });
  try {
    await stopLeftovers(config, logger);
    await checkPorts(neededPorts(config));
    save();
    await bringUp(config, secrets, entries, supervisor, logger);
  } catch (error) {
    if (supervisor.stopping()) return; // a signal came while starting: its shutdown ends the process
    await end();
    throw error;
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
      apiKey: secrets.apiKey,
      seconds: secondsSince(startedAt),
    }),
  );
}

interface Secrets {
  readonly apiKey: string;
  readonly webhookSecret: string;
}

/** In the order in which they stand on each other. */
async function bringUp(
  config: Config,
  { apiKey, webhookSecret }: Secrets,
  entries: DevEntries,
  supervisor: Supervisor,
  logger: Logger,
): Promise<void> {
  const launch = ({ part, at }: Located): Promise<void> => step(part.name, at, () => supervisor.start(part));

  let databaseUrl = config.databaseUrl;
  if (databaseUrl === undefined) await launch(postgresPart(config, logger, (url) => (databaseUrl = url)));
  if (databaseUrl === undefined) throw new StartError('PostgreSQL has no address');

  if (config.temporal.address === undefined) {
    const { temporalCli: given, dataDir } = config.embedded;
    await launch(temporalPart(config, await temporalCliPath({ given, dataDir, logger }), logger));
  }
  if (config.embedded.sandbox) await launch(sandboxPart(config, webhookSecret, entries));

  const url = databaseUrl;
  await step('database', 'migrated, with the demo catalogue', async () => {
    await migrate(url, logger);
    await seedDemoCatalogue(url);
  });
  const temporalAddress = config.temporal.address ?? `127.0.0.1:${config.embedded.temporalPort}`;
  await launch(appPart(config, { databaseUrl, temporalAddress, apiKey, webhookSecret }, entries));
}

async function step(name: string, outcome: string, work: () => Promise<void>): Promise<void> {
  const began = new Date();
  await work().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(why.includes(name) ? why : `The ${name} does not start: ${why}`, { cause: error });
  });
  console.log(`  ${name.padEnd(12)} ${secondsSince(began).padStart(5)} s   ${outcome}`);
}

/** What a run that was killed left behind is in the way of this one. */
async function stopLeftovers(config: Config, logger: Logger): Promise<void> {
  await stopLeftoverChildren(config.embedded.dataDir, nodeParts, logger);
  await stopLeftoverTemporal({ dbFile: temporalDbFile(config), logger });
  await stopLeftoverPostgres({ dataDir: postgresDir(config), logger });
}

/** Made if missing, and by its one true name, since processes are recognised by it. */
function withDataDir(config: Config): Config {
  const { dataDir } = config.embedded;
  try {
    // As root, PostgreSQL's own user passes through it; what is private in it is so by itself.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    return { ...config, embedded: { ...config.embedded, dataDir: realpathSync(dataDir) } };
  } catch (error) {
    throw new StartError(`CHECKOUT_DATA_DIR takes a folder that can be written: ${String(error)}`, {
      cause: error,
    });
  }
}

function secondsSince(began: Date): string {
  return ((Date.now() - began.getTime()) / 1000).toFixed(1);
}
