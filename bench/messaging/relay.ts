import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { createOrderLedger, type OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { orderOf } from '../../harness/load/order-mix.ts';
import { BROKERS, type BrokerName } from '../../src/contracts/ports/broker.ts';
import type { DestinationPlan } from '../../src/contracts/ports/event-destination.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { destinationsOf } from '../../src/relay/destinations.ts';
import { startRelay } from '../../src/relay/relay.ts';
import { orderOfRequest } from '../effects.ts';
import { rotated } from '../rounds.ts';
import { WrongResult } from '../sandbox-records.ts';
import type { System } from '../system.ts';
import { followers } from './followers.ts';
import { addressOf } from './running-ways.ts';

/** What the relay did for one destination in one round. */
export interface RelayMeasurement {
  readonly round: number;
  readonly destination: BrokerName;
  /** From when it is connected until the last of all has reached the follower. */
  readonly eventsPerSecond: number;
  /** From the commit of an event to the follower while nothing else happens, milliseconds. */
  readonly idleMs: readonly number[];
}

export interface RelayRun {
  readonly system: System;
  readonly rounds: number;
  /** A round; each has two events. */
  readonly orders: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

const SKU = 'relayed';
const AT_ONCE = 100;
/** Orders that come alone. */
const SINGLES = 30;
const BETWEEN_SINGLES_MS = 50;
const QUIET_MS = 1_000;
const ARRIVED_WITHIN_MS = 120_000;
const POLL_MS = 5;
/** A follower of ZeroMQ tries ten times a second to connect, and misses what is told before it is there. */
const FOLLOWER_IS_THERE_MS = 500;

const logger = createLogger({ level: 'warn', component: 'bench' });

/**
 * Each round brings the events of new orders to each broker, one after the other, by a relay and to a follower that share this
 * process. At least once: what counts are the events, however often they come.
 * @throws {WrongResult} where one of them does not arrive
 */
export async function measureRelay(run: RelayRun): Promise<RelayMeasurement[]> {
  const { system, rounds, orders, tell, signal } = run;
  const addresses = await addressesOf(system);
  const measurements: RelayMeasurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const shop = await openShop(system, `relay_${round}`);
    try {
      tell(`round ${round} of ${rounds}  the relay: placing ${orders} orders`);
      for (let placed = 0; placed < orders; placed += AT_ONCE) await shop.place(AT_ONCE);
      for (const plan of rotated(destinationsOf(addresses, logger), round - 1)) {
        signal.throwIfAborted();
        const measured = await measureDestination(shop, plan, addresses);
        measurements.push({ round, ...measured });
        const rate = measured.eventsPerSecond.toFixed(0).padStart(7);
        tell(`round ${round} of ${rounds}  ${`the relay to ${plan.name}`.padEnd(35)} ${rate} events/s`);
      }
    } finally {
      await shop.pool.end();
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
    zeromqEvents: `tcp://127.0.0.1:${await freePort()}`,
  };
}

interface Shop {
  readonly url: string;
  readonly pool: Pool;
  /** Reserves so many orders; their ids. */
  readonly place: (count: number) => Promise<string[]>;
}

async function openShop(system: System, name: string): Promise<Shop> {
  const url = await system.createDatabase(name);
  await migrate(url);
  const pool = createPool({ url, max: 2 });
  await createStockCatalogue(pool).put(SKU, {
    title: 'Item',
    unitPrice: 1_000,
    currency: 'EUR',
    onHand: 1_000_000,
  });
  const ledger = createOrderLedger(pool);
  return { url, pool, place: (count) => place(ledger, count) };
}

async function place(ledger: OrderLedger, count: number): Promise<string[]> {
  const mix = { skus: [SKU], methods: ['pm_card_visa'], quantity: 1, currency: 'EUR' };
  const orders = Array.from({ length: count }, (_, index) =>
    orderOfRequest('relay', orderOf(mix, index), randomUUID()),
  );
  await ledger.reserveStock(orders);
  return orders.map(({ orderId }) => orderId);
}

async function measureDestination(
  { url, pool, place }: Shop,
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
  const follower = await followers[destination](address[destination] ?? '', (eventId) => {
    arrivedAt = performance.now();
    if (!seen.has(eventId)) seen.set(eventId, arrivedAt);
  });
  // What an earlier round has left in a topic is not of this one.
  while (performance.now() - arrivedAt < QUIET_MS) await delay(POLL_MS);
  seen.clear();

  let openedAt = 0;
  const plan: DestinationPlan = {
    name,
    async open() {
      const opened = await open();
      if (destination === 'zeromq') await delay(FOLLOWER_IS_THERE_MS);
      openedAt = performance.now();
      return opened;
    },
  };
  const events = await countEvents(pool);
  const relay = startRelay({ databaseUrl: url, destinations: [plan], start: 'beginning', logger });
  try {
    await until(`${events} events by ${name}`, () => seen.size >= events);
    const seconds = (arrivedAt - openedAt) / 1_000;

    const idleMs: number[] = [];
    for (let n = 0; n < SINGLES; n += 1) {
      await delay(BETWEEN_SINGLES_MS);
      const [orderId = ''] = await place(1);
      const committedAt = performance.now();
      const first = `${orderId}/1`;
      await until(`an event by ${name}`, () => seen.has(first));
      idleMs.push(Math.max((seen.get(first) ?? committedAt) - committedAt, 0));
    }
    return { destination, eventsPerSecond: events / seconds, idleMs };
  } finally {
    await relay.stop();
    await follower.close();
  }
}

function brokerNamed(name: string): BrokerName {
  const found = BROKERS.find((each) => each === name);
  if (!found) throw new RangeError(`${name} is no broker`);
  return found;
}

async function countEvents(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int8 as n from order_events');
  return rows[0]?.n ?? 0;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + ARRIVED_WITHIN_MS;
  while (!isSo()) {
    if (performance.now() > deadline)
      throw new WrongResult(`${what} have not arrived within ${ARRIVED_WITHIN_MS / 1_000} s`);
    await delay(POLL_MS);
  }
}
