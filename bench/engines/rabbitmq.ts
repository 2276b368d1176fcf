import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import { createPortMapper } from '../../harness/brokers/port-mapper.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

/** Debian's script on the PATH refuses to run as root; this is the script that it calls. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export const rabbitMqInstallHint = (): string | undefined =>
  existsSync(SERVER) ? undefined : 'RabbitMQ: install rabbitmq-server (Debian: rabbitmq-server)';

/** Starts a single node. Its data is in the folder of the engine. */
export async function startRabbitMq({ folder }: EngineOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const { server, port, stop } = await startOnFreePorts(['client', 'distribution', 'mapper'], (ports) =>
    startOn(ports, folder),
  );
  return {
    version: `RabbitMQ ${versionOf('dpkg-query', ['-W', 'rabbitmq-server'], /\t(\S+)/) ?? 'unknown'}, quorum queues`,
    pids: [server.pid],
    envFor: () => Promise.resolve({ AMQP_URL: `amqp://guest:guest@127.0.0.1:${port}` }),
    databases: [],
    stop,
  };
}

async function startOn(
  { client: port, distribution, mapper }: Readonly<Record<'client' | 'distribution' | 'mapper', number>>,
  folder: string,
): Promise<{ server: ServiceProcess; port: number; stop: () => Promise<void> }> {
  const portMapper = createPortMapper(mapper);
  await portMapper.start();
  const plugins = join(folder, 'enabled_plugins');
  writeFileSync(plugins, '[].\n');
  const server = await startServer(
    {
      command: SERVER,
      args: [],
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        RABBITMQ_NODENAME: `bench${port}@localhost`,
        RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
        RABBITMQ_NODE_PORT: String(port),
        RABBITMQ_DIST_PORT: String(distribution),
        ERL_EPMD_PORT: String(mapper),
        // The script then replaces itself with the server, so that the child process is the server.
        RUNNING_UNDER_SYSTEMD: 'true',
        RABBITMQ_MNESIA_BASE: folder,
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
        RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      },
      logFile: join(folder, 'server.log'),
    },
    [port, distribution],
    () => checkReady(port),
  ).catch(async (error: unknown) => {
    await portMapper.stop();
    throw error;
  });
  return {
    server,
    port,
    async stop() {
      await server.stop(STOP_STEPS);
      await portMapper.stop();
    },
  };
}

async function checkReady(port: number): Promise<void> {
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}`);
  await connection.close();
}
