import type { Logger } from 'pino';
import type { Broker } from '../contracts/broker.ts';
import { openKafka } from './kafka/broker.ts';
import { openRabbitMq } from './rabbitmq/broker.ts';
import { openZeroMq } from './zeromq/broker.ts';
import type { ReplayFeed } from './zeromq/replay.ts';

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

/** Those that are configured; connected, or on their way to be. */
export async function openBrokers(
  { amqpUrl, kafkaBrokers, zeromqCommands }: BrokerAddresses,
  replay: ReplayFeed,
  logger: Logger,
): Promise<Broker[]> {
  return [
    ...(amqpUrl === undefined ? [] : [await openRabbitMq({ url: amqpUrl, logger })]),
    ...(kafkaBrokers === undefined ? [] : [openKafka({ brokers: kafkaBrokers, logger })]),
    ...(zeromqCommands === undefined ? [] : [await openZeroMq({ commands: zeromqCommands, replay, logger })]),
  ];
}
