import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import { openZeroMqPublisher } from '../../src/adapters/zeromq/publisher.ts';
import { BROKERS, type BrokerName } from '../../src/contracts/broker-names.ts';
import type { DestinationPlan } from '../../src/contracts/ports/event-destination.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { destinationsOf } from '../../src/relay/destinations.ts';
import { startRelay } from '../../src/relay/relay.ts';
import { WrongResult } from '../lib/expect-equal.ts';
import type { Log } from '../lib/progress.ts';
import { rotated } from '../lib/rotated.ts';
import type { System } from '../system/system.ts';
import { openRelayDatabase, type RelayDatabase } from './relay-database.ts';
import { addressOf } from './running-transports.ts';
import { subscribers } from './subscribers.ts';

/** What the relay published to one destination in one round. */
export interface RelayMeasurement {
  readonly round: number;
  readonly destination: BrokerName;
  /** From when the relay is connected until the last event has reached the subscriber. */
  readonly eventsPerSecond: number;
  /** From the commit of an event to the subscriber while nothing else happens, in milliseconds. */
  readonly idleMs: readonly number[];
}

export interface RelayOptions {
  readonly system: System;
  readonly rounds: number;
  /** In each round. Each order has two events. */
  readonly orders: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const PLACE_BATCH_SIZE = 100;
/** Orders that are placed one by one, to measure the relay while it is idle. */
const SINGLE_ORDERS = 30;
const BETWEEN_SINGLE_ORDERS_MS = 50;
const SILENCE_MS = 1_000;
const ARRIVED_WITHIN_MS = 120_000;
const ARRIVAL_POLL_INTERVAL_MS = 5;
/** A ZeroMQ subscriber tries to connect ten times a second, and misses the events that are published before. */
const SUBSCRIBER_CONNECTED_MS = 500;

const logger = createLogger({ level: 'warn', component: 'bench' });

/**
 * In each round the relay publishes the events of new orders to each broker, one broker after another. Relay and subscriber share
 * this process. Delivery is at least once, so an event that arrives twice counts once.
 * @throws {WrongResult} where an event does not arrive
 */
export async function measureRelay(options: RelayOptions): Promise<RelayMeasurement[]> {
  const { system, rounds, orders, log, signal } = options;
  const addresses = await addressesOf(system);
  const measurements: RelayMeasurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const database = await openRelayDatabase(system, `relay_${round}`);
    try {
      log(`round ${round} of ${rounds}  the relay: placing ${orders} orders`);
      for (let placed = 0; placed < orders; placed += PLACE_BATCH_SIZE)
        await database.placeOrders(PLACE_BATCH_SIZE);
      for (const plan of rotated(destinationsOf(addresses, logger), round - 1)) {
        signal.throwIfAborted();
        const measured = await measureDestination(database, plan, addresses);
        measurements.push({ round, ...measured });
        const rate = measured.eventsPerSecond.toFixed(0).padStart(7);
        log(`round ${round} of ${rounds}  ${`the relay to ${plan.name}`.padEnd(35)} ${rate} events/s`);
      }
    } finally {
      await database.close();
    }
  }
  return measurements;
}

async function addressesOf({ engines }: System): Promise<BrokerAddresses> {
  const [rabbitMq, kafka] = [engines.get('rabbitmq'), engines.get('kafka')];
  return {
    amqpUrl: rabbitMq && (await addressOf(rabbitMq)),
    kafkaBrokers: kafka && (await addressOf(kafka)),
    zeromqCommands: undefined,
    zeromqEvents: await zeroMqAddress(),
  };
}

/** An address on which this process can listen whenever it starts a relay: the port is kept for it. */
const zeroMqAddress = (): Promise<string> =>
  startOnFreePorts(['events'], async ({ events: port }) => {
    const events = `tcp://127.0.0.1:${port}`;
    await (await openZeroMqPublisher({ events, logger })).close();
    return events;
  });

async function measureDestination(
  database: RelayDatabase,
  { name, open }: DestinationPlan,
  addresses: BrokerAddresses,
): Promise<Omit<RelayMeasurement, 'round'>> {
  const destination = brokerNamed(name);
  const address = {
    rabbitmq: addresses.amqpUrl,
    kafka: addresses.kafkaBrokers,
    zeromq: addresses.zeromqEvents,
  };
  let arrivedAt = performance.now();
  const seen = new Map<string, number>();
  const subscription = await subscribers[destination](address[destination] ?? '', (eventId) => {
    arrivedAt = performance.now();
    if (!seen.has(eventId)) seen.set(eventId, arrivedAt);
  });
  // Events of an earlier round that are still in a topic do not belong to this round.
  while (performance.now() - arrivedAt < SILENCE_MS) await delay(ARRIVAL_POLL_INTERVAL_MS);
  seen.clear();

  let openedAt = 0;
  const plan: DestinationPlan = {
    name,
    async open() {
      const opened = await open();
      if (destination === 'zeromq') await delay(SUBSCRIBER_CONNECTED_MS);
      openedAt = performance.now();
      return opened;
    },
  };
  const events = await database.countEvents();
  const relay = startRelay({ databaseUrl: database.url, destinations: [plan], start: 'beginning', logger });
  try {
    await waitFor(`${events} events by ${name}`, () => seen.size >= events);
    const seconds = (arrivedAt - openedAt) / 1_000;

    const idleMs: number[] = [];
    for (let n = 0; n < SINGLE_ORDERS; n += 1) {
      await delay(BETWEEN_SINGLE_ORDERS_MS);
      const [orderId = ''] = await database.placeOrders(1);
      const committedAt = performance.now();
      const first = `${orderId}/1`;
      await waitFor(`the event ${first} by ${name}`, () => seen.has(first));
      idleMs.push(Math.max((seen.get(first) ?? committedAt) - committedAt, 0));
    }
    return { destination, eventsPerSecond: events / seconds, idleMs };
  } finally {
    await relay.stop();
    await subscription.close();
  }
}

function brokerNamed(name: string): BrokerName {
  const found = BROKERS.find((each) => each === name);
  if (!found) throw new RangeError(`the destination ${name} is not a broker`);
  return found;
}

async function waitFor(what: string, isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + ARRIVED_WITHIN_MS;
  while (!isDone()) {
    if (performance.now() > deadline)
      throw new WrongResult(`${what} did not arrive within ${ARRIVED_WITHIN_MS / 1_000} s`);
    await delay(ARRIVAL_POLL_INTERVAL_MS);
  }
}
