import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import type { Context } from 'mocha';
import { rabbitMqAddress } from '../../src/adapters/rabbitmq/address.ts';
import { declareTopology } from '../../src/adapters/rabbitmq/topology.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { temporaryFolder } from '../servers/test-servers.ts';
import { urlPartsOf, type Secured } from './certificates.ts';
import { runCommand } from './command.ts';
import { installPackages } from './install.ts';
import { startServer, type BrokerServer } from './server.ts';

/** Beside the command of the same name, which changes to a user of its own and to the data of the whole machine. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** A private RabbitMQ, installed as Debian's package if need be and possible. With the queues of the contract. It is up after some 10 s. */
export async function startRabbitMq(test: Context): Promise<BrokerServer> {
  const server = await begin(test);
  await declare(server.url);
  // Which quorum queues there are is written down by and by: one that is killed with its server just after it was made is lost.
  await server.stop();
  await server.start();
  return server;
}

/** The same, for one user and by TLS only; nothing is declared in it. */
export const startSecuredRabbitMq = (test: Context, secured: Secured): Promise<BrokerServer> =>
  begin(test, secured);

async function declare(url: string): Promise<void> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  await declareTopology(await connection.createChannel());
  await connection.close();
}

async function begin(test: Context, secured?: Secured): Promise<BrokerServer> {
  if (!existsSync(PROGRAM))
    await installPackages(test, 'RabbitMQ: apt-get install rabbitmq-server', ['rabbitmq-server']);
  const [port, distPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  const folder = temporaryFolder();
  for (const name of ['data', 'log']) mkdirSync(join(folder, name));
  const env = {
    ...process.env,
    HOME: folder,
    // It replaces the shell that starts it, so that the process is the server.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: `test${port}@localhost`,
    ...(!secured && { RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1', RABBITMQ_NODE_PORT: String(port) }),
    RABBITMQ_DIST_PORT: String(distPort),
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
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
    isUp: () =>
      connect(address.url, address.options).then(
        async (connection) => {
          connection.on('error', () => undefined);
          await connection.close();
          return true;
        },
        () => false,
      ),
    // The port mapper that it has started outlives it.
    cleanUp: () => runCommand('epmd', ['-port', String(mapperPort), '-kill'], { env }).catch(() => undefined),
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
