import { resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Broker } from '../../contracts/ports/broker.ts';
import { ConfigurationError } from '../../platform/config.ts';
import { kafkaAddress } from '../kafka/address.ts';
import { openKafka } from '../kafka/broker.ts';
import { rabbitMqAddress } from '../rabbitmq/address.ts';
import { openRabbitMq } from '../rabbitmq/broker.ts';
import { openZeroMq } from '../zeromq/broker.ts';
import { endpointOf } from '../zeromq/endpoint.ts';
import type { ReplayEvents } from '../zeromq/replay.ts';

/** The addresses of the brokers; `undefined` for a broker that is not used. */
export interface BrokerAddresses {
  readonly amqpUrl: string | undefined;
  readonly kafkaBrokers: string | undefined;
  readonly zeromqCommands: string | undefined;
  readonly zeromqEvents: string | undefined;
}

/** Whether at least one broker is configured that delivers commands. */
export const hasBrokers = ({ amqpUrl, kafkaBrokers, zeromqCommands }: BrokerAddresses): boolean =>
  amqpUrl !== undefined || kafkaBrokers !== undefined || zeromqCommands !== undefined;

/**
 * Checks what the schema of the settings cannot: keys, mechanisms, and whether the file of a certificate authority can be read.
 *
 * @throws {ConfigurationError} naming the variable and what is wrong with it, without any secret
 */
export function checkAddresses({
  amqpUrl,
  kafkaBrokers,
  zeromqCommands,
  zeromqEvents,
}: BrokerAddresses): void {
  const check = (variable: string, text: string | undefined, read: (text: string) => unknown): void => {
    try {
      if (text !== undefined) read(text);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ConfigurationError(`${variable}: ${error.message}.`);
    }
  };
  check('AMQP_URL', amqpUrl, rabbitMqAddress);
  check('KAFKA_BROKERS', kafkaBrokers, kafkaAddress);
  check('ZEROMQ_COMMANDS', zeromqCommands, usableEndpoint);
  check('ZEROMQ_EVENTS', zeromqEvents, usableEndpoint);
  if (zeromqCommands !== undefined && zeromqEvents !== undefined && overlap(zeromqCommands, zeromqEvents))
    throw new ConfigurationError(
      'ZEROMQ_EVENTS and ZEROMQ_COMMANDS must be different endpoints: set one of them to another port or path.',
    );
}

/** @throws {TypeError} for an endpoint that no socket can listen on */
function usableEndpoint(text: string): void {
  const { address } = endpointOf(text);
  if (!address.startsWith('tcp://')) return;
  const port = Number(/^tcp:\/\/[^/]+:(\d+)$/.exec(address)?.[1]);
  if (!(port >= 1 && port <= MAX_PORT))
    throw new TypeError(`it must have a host and a port from 1 to ${MAX_PORT}, such as tcp://127.0.0.1:5555`);
}

/** Whether two endpoints cannot be listened on at the same time. A wildcard host has the port on every address. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [listenerOf(one), listenerOf(other)];
  if (a.port !== b.port) return false;
  return a.host === b.host || (a.port !== undefined && (isEveryAddress(a.host) || isEveryAddress(b.host)));
}

/** What an endpoint listens on: the host and the port, or the path of the socket as the host. The same for every way to write it. */
function listenerOf(text: string): { host: string; port: number | undefined } {
  const { address } = endpointOf(text);
  const [, name = '', port] = /^tcp:\/\/(.*):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return { host: resolve(address.slice('ipc://'.length)), port };
  const host = name.replace(/^\[|\]$/g, '').toLowerCase();
  return { host: LOOPBACK.includes(host) ? '127.0.0.1' : host, port: Number(port) };
}

const MAX_PORT = 65_535;
const isEveryAddress = (host: string): boolean => ['*', '0.0.0.0', '::'].includes(host);
/** The names of 127.0.0.1 on every machine: of the host, and of its interface on Linux. */
const LOOPBACK: readonly string[] = ['localhost', 'localhost.', 'lo'];

/** Opens every configured broker. A broker that cannot be reached yet connects later. */
export async function openBrokers(
  { amqpUrl, kafkaBrokers, zeromqCommands }: BrokerAddresses,
  replay: ReplayEvents,
  logger: Logger,
): Promise<Broker[]> {
  return [
    ...(amqpUrl === undefined ? [] : [await openRabbitMq({ url: amqpUrl, logger })]),
    ...(kafkaBrokers === undefined ? [] : [openKafka({ brokers: kafkaBrokers, logger })]),
    ...(zeromqCommands === undefined ? [] : [await openZeroMq({ commands: zeromqCommands, replay, logger })]),
  ];
}
