import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import { dynamicConfig } from '../../dev/temporal/server.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS } from './server.ts';
import { namespaceFor } from './temporal-namespace.ts';
import { TEMPORAL_SERVER_VERSION, temporalPrograms } from './temporal-programs.ts';

const run = promisify(execFile);

const PLUGIN = 'postgres12_pgx';
/** Fewer than the default of 512: a little faster on a machine with few cores. */
const HISTORY_SHARDS = 4;
const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;
const PORTS = SERVICES.flatMap((name) => [`${name} grpc`, `${name} membership`] as const);
type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

interface Store {
  readonly database: string;
  readonly schema: string;
  readonly connections: number;
}

const STORES: Readonly<Record<'default' | 'visibility', Store>> = {
  default: { database: 'temporal', schema: 'postgresql/v12/temporal', connections: 20 },
  visibility: { database: 'temporal_visibility', schema: 'postgresql/v12/visibility', connections: 4 },
};

/** Starts Temporal's production server, all its services in one process, with its state in the PostgreSQL of the run. */
export async function startTemporalOnPostgres(options: EngineOptions): Promise<Engine> {
  const { folder, databaseUrl, logger } = options;
  mkdirSync(folder, { recursive: true });
  const { server: command, sqlTool } = await temporalPrograms(logger);
  for (const { database, schema } of Object.values(STORES)) {
    const tool = (...args: string[]): Promise<unknown> =>
      run(sqlTool, [...toolArguments(databaseUrl), '--db', database, ...args]);
    await tool('create-database');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '--schema-name', schema);
  }

  const { server, address } = await startOnFreePorts(PORTS, (ports) => startOn(ports, command, options));
  return {
    version: `Temporal server ${TEMPORAL_SERVER_VERSION} on PostgreSQL (${PLUGIN}, ${HISTORY_SHARDS} history shards)`,
    pids: [server.pid],
    envFor: (variant) => namespaceFor(address, variant),
    databases: Object.values(STORES).map(({ database }) => database),
    async stop() {
      await server.stop(STOP_STEPS);
    },
  };
}

async function startOn(
  ports: Ports,
  command: string,
  { folder, databaseUrl }: EngineOptions,
): Promise<{ server: ServiceProcess; address: string }> {
  const address = `127.0.0.1:${ports['frontend grpc']}`;
  const config = join(folder, 'config.yaml');
  const dynamic = join(folder, 'dynamic.yaml');
  const settings = Object.entries(dynamicConfig).map(([key, value]) => [key, [{ value }]]);
  // The server reads YAML, of which JSON is a subset.
  writeFileSync(dynamic, JSON.stringify(Object.fromEntries(settings)));
  writeFileSync(config, JSON.stringify(configuration(databaseUrl, ports, dynamic)), { mode: 0o600 });
  const server = await startServer(
    {
      command,
      args: ['--config-file', config, '--allow-no-auth', 'start'],
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      logFile: join(folder, 'temporal.log'),
    },
    [ports['frontend grpc']],
    () => checkReady(address),
  );
  return { server, address };
}

function toolArguments(databaseUrl: string): string[] {
  const { hostname, port, username, password } = new URL(databaseUrl);
  return ['--plugin', PLUGIN, '--ep', hostname, '--port', port, '--user', username, '--password', password];
}

function configuration(databaseUrl: string, ports: Ports, dynamic: string): object {
  const { host, username: user, password } = new URL(databaseUrl);
  const store = ({ database, connections }: Store): object => ({
    sql: {
      pluginName: PLUGIN,
      databaseName: database,
      connectAddr: host,
      connectProtocol: 'tcp',
      user,
      password,
      maxConns: connections,
      maxIdleConns: connections,
      maxConnLifetime: '1h',
    },
  });
  const services = SERVICES.map((name) => {
    const rpc = {
      grpcPort: ports[`${name} grpc`],
      membershipPort: ports[`${name} membership`],
      bindOnLocalHost: true,
    };
    return [name, { rpc }] as const;
  });
  const address = `127.0.0.1:${ports['frontend grpc']}`;
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      datastores: { default: store(STORES.default), visibility: store(STORES.visibility) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(services),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: address },
    dynamicConfigClient: { filepath: dynamic, pollInterval: '60s' },
  };
}

async function checkReady(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  await connection.close();
}
