import { seedDemoCatalogue } from '../../src/adapters/postgres/demo-catalogue.ts';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { startChild, type Child } from '../lib/child.ts';
import { folderBytes } from '../lib/memory.ts';
import type { ProcessRoots } from '../lib/processor-time.ts';
import { variants, type Variant, type VariantName } from '../variants/catalogue.ts';
import { addStock } from './stock.ts';
import type { System } from './system.ts';

export interface RunningVariant extends Variant {
  readonly name: VariantName;
  readonly pids: ProcessRoots;
  readonly url: string;
  /** Where it takes commands of ZeroMQ with {@link StartOptions.usesZeroMq}. */
  readonly zeroMqCommands: string;
  readonly apiKey: string;
  readonly databaseUrl: string;
  /** On the database of the variant. */
  readonly pool: Pool;
  /** Size in bytes of its databases and of its engine's files. Variants on the same engine share the engine's files. */
  storedBytes(): Promise<number>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** The name of its database, its Temporal namespace and its log file. Default: the name of the variant. */
  readonly instance?: string;
  readonly nodeArgs?: readonly string[];
  /** How many processes; only the first serves the API. More than one only for this checkout. Default: 1. */
  readonly processes?: number;
  /** Whether it takes commands of ZeroMQ too. */
  readonly usesZeroMq?: boolean;
  /** In addition to the environment of the variant. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a variant in a process of its own, on a database of its own, with the environment that `npm start` gives the application.
 * A variant ignores the settings that it does not know.
 */
export async function startVariant(
  name: VariantName,
  system: System,
  {
    instance = name,
    nodeArgs = [],
    processes = 1,
    usesZeroMq = false,
    env: additional = {},
  }: StartOptions = {},
): Promise<RunningVariant> {
  const variant = variants[name];
  const engine = variant.engine === undefined ? undefined : system.engines.get(variant.engine);
  if (variant.engine !== undefined && !engine)
    throw new Error(`the variant ${name} needs ${variant.engine}, which was not started`);
  const database = instance.replaceAll('-', '_');
  const databaseUrl = await system.createDatabase(database);
  await migrate(databaseUrl);
  await seedDemoCatalogue(databaseUrl);
  const pool = createPool({ url: databaseUrl, max: 2 });
  await addStock(pool);

  const databases = [database, ...(engine?.databases ?? [])];
  const dbos: Record<string, string> = {};
  if (name === 'dbos') {
    databases.push('dbos_system');
    dbos['DBOS_DATABASE_URL'] = await system.createDatabase('dbos_system');
  }
  const apiKey = 'ck_dev_bench';
  const env = {
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    CHECKOUT_API_KEY: apiKey,
    STRIPE_API_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: system.sandboxUrl,
    SMTP_URL: system.smtpUrl,
    MAIL_RATE_PER_SECOND: '10000',
    // The rate limiter counts every request, but must not refuse any: one client sends the load of many.
    RATE_LIMIT_PER_MINUTE: '100000000',
    ...(await engine?.envFor(instance)),
    ...variant.env,
    ...dbos,
    ...additional,
  };
  const child = { file: variant.file, nodeArgs: [...variant.nodeArgs, ...nodeArgs], folder: system.folder };
  const { first, http, zeroMqCommands } = await startOnFreePorts(['http', 'zeroMq'], async (ports) => {
    const commands = `tcp://127.0.0.1:${ports.zeroMq}`;
    const own = { PORT: String(ports.http), ...(usesZeroMq && { ZEROMQ_COMMANDS: commands }) };
    const started = await startChild({ name: instance, env: { ...env, ...own }, ...child });
    return { first: started, http: ports.http, zeroMqCommands: commands };
  });
  const children: Child[] = [first];
  for (let n = 2; n <= processes; n += 1) {
    const roles = { CHECKOUT_ROLES: 'checkout,notifications' };
    children.push(await startChild({ name: `${instance}-${n}`, env: { ...env, ...roles }, ...child }));
  }
  const pids = children.map(({ pid }) => pid);
  const { postgres, sandbox } = system.pids;
  return {
    ...variant,
    name,
    pids: { variant: pids, engine: engine?.pids ?? [], postgres: [postgres], sandbox: [sandbox] },
    url: `http://127.0.0.1:${http}`,
    zeroMqCommands,
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
