import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { rabbitMqAddress } from '../../src/adapters/rabbitmq/address.ts';
import { declareTopology } from '../../src/adapters/rabbitmq/topology.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { temporaryFolder } from '../servers/test-servers.ts';
import { urlPartsOf, type Secured } from './certificates.ts';
import { installPackages } from './install.ts';
import { createPortMapper } from './port-mapper.ts';
import { startServer, type BrokerServer } from './server.ts';

/** Not the command of the same name in the path: that one changes its user, and uses the data of the whole machine. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Starts a private RabbitMQ with the queues of the contract, in about 10 s. Installs the Debian package when it is missing. */
export async function startRabbitMq(): Promise<BrokerServer> {
  const server = await start();
  await declare(server.url);
  // RabbitMQ records new quorum queues with a delay: a queue is lost when the server is killed just after its declaration.
  await server.stop();
  await server.start();
  return server;
}

/** The same for one user and TLS only, without queues. */
export const startSecuredRabbitMq = (secured: Secured): Promise<BrokerServer> => start(secured);

async function declare(url: string): Promise<void> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  await declareTopology(await connection.createChannel());
  await connection.close();
}

/**
 * Installs the Debian package when it is missing.
 *
 * @throws {MissingError} if it cannot
 */
export async function needRabbitMq(): Promise<void> {
  if (!existsSync(PROGRAM)) await installPackages('RabbitMQ', ['rabbitmq-server']);
}

async function start(secured?: Secured): Promise<BrokerServer> {
  await needRabbitMq();
  return startOnFreePorts(['client', 'distribution', 'mapper'], (ports) => startRabbitMqOn(ports, secured));
}

export interface RabbitMqPorts {
  readonly client: number;
  /** Where other nodes and RabbitMQ's tools connect. */
  readonly distribution: number;
  /** Of Erlang's port mapper, which knows the port for distribution of each node. */
  readonly mapper: number;
}

/** @throws {PortInUseError} if another process listens on one of the ports */
export function startRabbitMqOn(
  { client: port, distribution, mapper }: RabbitMqPorts,
  secured?: Secured,
): Promise<BrokerServer> {
  const folder = temporaryFolder();
  for (const name of ['data', 'log']) mkdirSync(join(folder, name));
  const env = {
    ...process.env,
    HOME: folder,
    // The script then replaces itself with the server, so that the child process is the server.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: `test${port}@localhost`,
    ...(!secured && { RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1', RABBITMQ_NODE_PORT: String(port) }),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(mapper),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
  };
  if (secured) writeFileSync(join(folder, 'rabbitmq.conf'), configuration(secured, port));
  const url = urlOf(port, secured);
  const address = rabbitMqAddress(url);
  return startServer({
    name: 'RabbitMQ',
    command: PROGRAM,
    args: [],
    env,
    folder,
    url,
    ports: [port, distribution],
    portInUse: [/\{acceptor,\{[\d,]+\},(\d+)\},\s*eaddrinuse/, /dist_port_already_used,(\d+)/],
    companion: createPortMapper(mapper),
    isUp: () =>
      connect(address.url, address.options).then(
        async (connection) => {
          connection.on('error', () => undefined);
          await connection.close();
          return true;
        },
        () => false,
      ),
  });
}

function urlOf(port: number, secured?: Secured): string {
  if (!secured) return `amqp://guest:guest@127.0.0.1:${port}`;
  const { user, ca } = urlPartsOf(secured);
  return `amqps://${user}@127.0.0.1:${port}?${ca}`;
}

const configuration = ({ ca, certificate, key, username, password }: Secured, port: number): string =>
  Object.entries({
    'listeners.tcp': 'none',
    'listeners.ssl.1': `127.0.0.1:${port}`,
    'ssl_options.cacertfile': ca,
    'ssl_options.certfile': certificate,
    'ssl_options.keyfile': key,
    'ssl_options.verify': 'verify_none',
    default_user: username,
    default_pass: password,
  })
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
