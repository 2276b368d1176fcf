import { kafkaAddress } from '../kafka/address.ts';
import { endpointOf } from '../zeromq/endpoint.ts';
import type { BrokerAddresses } from './brokers.ts';

/** The configured brokers by name, with their addresses as a person may see them: without users, passwords and keys. */
export function publicAddresses({
  amqpUrl,
  kafkaBrokers,
  zeromqCommands,
  zeromqEvents,
}: BrokerAddresses): { readonly name: string; readonly address: string }[] {
  return [
    ...(amqpUrl === undefined ? [] : [{ name: 'RabbitMQ', address: withoutCredentials(amqpUrl) }]),
    ...(kafkaBrokers === undefined
      ? []
      : [{ name: 'Kafka', address: kafkaAddress(kafkaBrokers).bootstrapBrokers.join(', ') }]),
    ...(zeromqCommands === undefined
      ? []
      : [{ name: 'ZeroMQ', address: `${endpointOf(zeromqCommands).address} (commands)` }]),
    ...(zeromqEvents === undefined
      ? []
      : [{ name: 'ZeroMQ', address: `${endpointOf(zeromqEvents).address} (events)` }]),
  ];
}

/** The query may hold the path of a certificate and settings of the client, which are of no interest here. */
function withoutCredentials(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
