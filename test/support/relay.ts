import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import type { OutboxStart } from '../../src/adapters/postgres/event-outbox.ts';
import { destinationsOf } from '../../src/relay/destinations.ts';
import { startRelay, type Relay } from '../../src/relay/relay.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { waitUntilListening } from '../../dev/processes/listening.ts';
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

/** Starts a relay that publishes the events by ZeroMQ too; resolves with the address when it listens there. */
export function relayToZeroMq(
  others: Partial<BrokerAddresses>,
  databaseUrl: string,
  start?: OutboxStart,
): Promise<{ relay: Relay; events: string }> {
  return startOnFreePorts(['events'], async ({ events: port }) => {
    const events = `tcp://127.0.0.1:${port}`;
    const relay = relayTo({ ...others, zeromqEvents: events }, databaseUrl, start);
    try {
      await waitUntilListening(process.pid, port);
    } catch (error) {
      await relay.stop();
      throw error;
    }
    return { relay, events };
  });
}
