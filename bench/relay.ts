/** `npm run bench:relay`: how many events a second a relay brings to each broker, and how soon one arrives when nothing else happens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Consumer } from '@platformatic/kafka';
import { connect } from 'amqplib';
import type { Context } from 'mocha';
import { EVENTS_CHANNEL } from '../src/contracts/messages.ts';
import { destinationsOf } from '../src/relay/destinations.ts';
import { startRelay } from '../src/relay/relay.ts';
import { startKafka } from '../test/support/brokers/kafka.ts';
import { startRabbitMq } from '../test/support/brokers/rabbitmq.ts';
import { stopAll, testLogger as logger } from '../test/support/embedded.ts';
import { eventually } from '../test/support/eventually.ts';
import { checkoutOrder, line } from '../test/support/orders.ts';
import { openShop, type Shop } from '../test/support/postgres.ts';
import { median } from './median.ts';

const ORDERS = 10_000;
const AT_ONCE = 100;
const SINGLES = 50;
const EVENTS_AN_ORDER = 2;

const MUST_RUN = {
  skip() {
    throw new Error('RabbitMQ and Kafka are needed');
  },
} as unknown as Context;

type OnEvent = (orderId: string) => void;

const subjectOf = (body: Buffer): string => (JSON.parse(body.toString()) as { subject: string }).subject;

async function followRabbitMq(url: string, onEvent: OnEvent): Promise<() => Promise<void>> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('bench.events', {
    durable: true,
    arguments: { 'x-queue-type': 'quorum' },
  });
  await channel.bindQueue(queue, EVENTS_CHANNEL, '#');
  await channel.prefetch(1_000);
  await channel.consume(queue, (message) => {
    if (!message) return;
    onEvent(subjectOf(message.content));
    channel.ack(message);
  });
  return () => connection.close();
}

async function followKafka(url: string, onEvent: OnEvent): Promise<() => Promise<void>> {
  const consumer = new Consumer({ clientId: 'bench', groupId: randomUUID(), bootstrapBrokers: [url] });
  const stream = await consumer.consume({
    topics: [EVENTS_CHANNEL],
    mode: 'earliest',
    minBytes: 1,
    maxWaitTime: 100,
  });
  stream.on('data', ({ value }) => {
    onEvent(subjectOf(value));
  });
  return () =>
    new Promise((resolve) => {
      consumer.close(true, () => {
        resolve();
      });
    });
}

async function place(shop: Shop, sku: string, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, () => checkoutOrder({ lines: [line(sku)] }));
  await shop.ledger.reserve(orders);
  return orders.map(({ orderId }) => orderId);
}

interface Measured {
  eventsPerSecond: number;
  idleP50Ms: number;
}

async function measure(
  name: string,
  addresses: { amqpUrl?: string; kafkaBrokers?: string },
  follow: (onEvent: OnEvent) => Promise<() => Promise<void>>,
): Promise<Measured> {
  const shop = await openShop();
  const sku = await shop.item(1 + ORDERS + SINGLES);
  const none = {
    amqpUrl: undefined,
    kafkaBrokers: undefined,
    zeromqCommands: undefined,
    zeromqEvents: undefined,
  };
  const destinations = destinationsOf({ ...none, ...addresses }, logger);
  const start = () => startRelay({ databaseUrl: shop.url, destinations, start: 'beginning', logger });
  let arrived = 0;
  const wanted = new Set<string>();
  let onEvent: OnEvent = (orderId) => {
    if (wanted.has(orderId)) arrived += 1;
  };
  // Its topics and exchanges are there once something was brought.
  await place(shop, sku, 1);
  const first = start();
  await eventually(async () => {
    const { rowCount } = await shop.pool.query('select from event_destinations where position > 0');
    if (rowCount === 0) throw new Error('nothing was brought yet');
  });
  await first.stop();
  const leave = await follow((orderId) => {
    onEvent(orderId);
  });
  for (let placed = 0; placed < ORDERS; placed += AT_ONCE)
    for (const orderId of await place(shop, sku, AT_ONCE)) wanted.add(orderId);
  const expected = ORDERS * EVENTS_AN_ORDER;
  const startedAt = performance.now();
  const relay = start();
  while (arrived < expected) {
    await delay(5);
    if (performance.now() - startedAt > 60_000) throw new Error(`${name}: ${arrived} of ${expected} events`);
  }
  const eventsPerSecond = expected / ((performance.now() - startedAt) / 1_000);

  const times: number[] = [];
  for (let n = 0; n < SINGLES; n += 1) {
    let seenAt: number | undefined;
    onEvent = () => (seenAt ??= performance.now());
    await place(shop, sku, 1);
    const committedAt = performance.now();
    await eventually(() => {
      if (seenAt === undefined) throw new Error('not yet');
    });
    times.push(Math.max((seenAt ?? committedAt) - committedAt, 0));
    await delay(50);
  }
  await leave();
  await relay.stop();
  await shop.close();
  return { eventsPerSecond, idleP50Ms: median(times) };
}

const rabbit = await startRabbitMq(MUST_RUN);
const kafka = await startKafka(MUST_RUN);
try {
  for (const [name, addresses, follow] of [
    ['RabbitMQ', { amqpUrl: rabbit.url }, (onEvent: OnEvent) => followRabbitMq(rabbit.url, onEvent)],
    ['Kafka', { kafkaBrokers: kafka.url }, (onEvent: OnEvent) => followKafka(kafka.url, onEvent)],
  ] as const) {
    const { eventsPerSecond, idleP50Ms } = await measure(name, addresses, follow);
    console.log(
      `${name}: ${Math.round(eventsPerSecond)} events a second; p50 from commit to consumer, idle: ${idleP50Ms.toFixed(1)} ms`,
    );
  }
} finally {
  await rabbit.stop();
  await kafka.stop();
  await stopAll();
}
process.exit(0);
