import type { BrokerAddresses } from '../adapters/brokers/brokers.ts';
import { openKafka } from '../adapters/kafka/broker.ts';
import { openRabbitMq } from '../adapters/rabbitmq/broker.ts';
import { openZeroMqPublisher } from '../adapters/zeromq/publisher.ts';
import type { DestinationPlan } from '../contracts/ports/event-destination.ts';
import type { Logger } from '../platform/logging.ts';
import { brokerDestination } from './broker-destination.ts';

/**
 * Returns the destinations that are configured. The position of a destination in the feed is stored under its name: a new name is
 * a new destination, which starts at the beginning or from now.
 */
export function destinationsOf(
  { amqpUrl, kafkaBrokers, zeromqEvents }: BrokerAddresses,
  logger: Logger,
): DestinationPlan[] {
  return [
    ...(amqpUrl === undefined
      ? []
      : [
          {
            name: 'rabbitmq',
            open: async () => brokerDestination(await openRabbitMq({ url: amqpUrl, logger })),
          },
        ]),
    ...(kafkaBrokers === undefined
      ? []
      : [
          {
            name: 'kafka',
            open: () => Promise.resolve(brokerDestination(openKafka({ brokers: kafkaBrokers, logger }))),
          },
        ]),
    ...(zeromqEvents === undefined
      ? []
      : [{ name: 'zeromq', open: () => openZeroMqPublisher({ events: zeromqEvents, logger }) }]),
  ];
}
