import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import type { OutboxStart } from '../../src/adapters/postgres/event-outbox.ts';
import { destinationsOf } from '../../src/relay/destinations.ts';
import { startRelay, type Relay } from '../../src/relay/relay.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';

const NONE: BrokerAddresses = {
  amqpUrl: undefined,
  kafkaBrokers: undefined,
  zeromqCommands: undefined,
  zeromqEvents: undefined,
};

/** Starts a relay that delivers the events of a shop to these brokers. */
export function relayTo(
  addresses: Partial<BrokerAddresses>,
  databaseUrl: string,
  start: OutboxStart = 'beginning',
): Relay {
  const destinations = destinationsOf({ ...NONE, ...addresses }, logger);
  return startRelay({ databaseUrl, destinations, start, logger });
}
