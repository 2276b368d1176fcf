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

/** Which brokers there are; each undefined where it is not used. */
export interface BrokerAddresses {
  readonly amqpUrl: string | undefined;
  readonly kafkaBrokers: string | undefined;
  readonly zeromqCommands: string | undefined;
  readonly zeromqEvents: string | undefined;
}

/** Whether there is one that commands come from. */
export const hasBrokers = ({ amqpUrl, kafkaBrokers, zeromqCommands }: BrokerAddresses): boolean =>
  amqpUrl !== undefined || kafkaBrokers !== undefined || zeromqCommands !== undefined;

/**
 * What the form of an address alone does not tell: its keys, its mechanism, the file of its authority.
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
  check('ZEROMQ_COMMANDS', zeromqCommands, endpointOf);
  check('ZEROMQ_EVENTS', zeromqEvents, endpointOf);
}

/** Those that are configured; connected, or on their way to be. */
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
