import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect } from 'amqplib';
import { Subscriber as ZeroMqSubscriber } from 'zeromq';
import { kafkaAddress } from '../../src/adapters/kafka/address.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import type { BrokerName } from '../../src/contracts/broker-names.ts';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';

/** Called for each event that arrives. The id of an event is `<orderId>/<sequence>`. */
export type OnEvent = (eventId: string) => void;

/** A subscription to the events at one broker. */
export interface Subscription {
  close(): Promise<void>;
}

/** Each returns when events that are published from now on arrive. A Kafka subscription also receives earlier events. */
export const subscribers: Readonly<
  Record<BrokerName, (address: string, onEvent: OnEvent) => Promise<Subscription>>
> = { rabbitmq: subscribeRabbitMq, kafka: subscribeKafka, zeromq: subscribeZeroMq };

const idOf = (body: Buffer): string => (JSON.parse(body.toString()) as { id: string }).id;

/** Subscribes with a quorum queue, which writes events to the broker's disk, as a subscriber that must not miss any event does. */
async function subscribeRabbitMq(url: string, onEvent: OnEvent): Promise<Subscription> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
  const queue = `bench.events.${randomUUID()}`;
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue(queue, EVENTS_CHANNEL, '#');
  await channel.prefetch(1_000);
  await channel.consume(queue, (message) => {
    if (!message) return;
    onEvent(idOf(message.content));
    channel.ack(message);
  });
  return {
    async close() {
      await channel.deleteQueue(queue);
      await connection.close();
    },
  };
}

async function subscribeKafka(brokers: string, onEvent: OnEvent): Promise<Subscription> {
  const address = kafkaAddress(brokers);
  await ensureTopics(address, 'bench');
  const consumer = new Consumer({ ...address, clientId: 'bench', groupId: randomUUID() });
  const stream = await consumer.consume({
    topics: [EVENTS_CHANNEL],
    mode: 'earliest',
    minBytes: 1,
    maxWaitTime: 100,
  });
  stream.on('data', ({ value }) => {
    onEvent(idOf(value));
  });
  return {
    close: () =>
      new Promise((resolve) => {
        consumer.close(true, () => {
          resolve();
        });
      }),
  };
}

function subscribeZeroMq(address: string, onEvent: OnEvent): Promise<Subscription> {
  const socket = new ZeroMqSubscriber({ linger: 0, receiveHighWaterMark: 0 });
  socket.connect(address);
  socket.subscribe();
  const receiving = (async () => {
    for await (const [, body] of socket) if (body) onEvent(idOf(body));
  })();
  return Promise.resolve({
    async close() {
      socket.close();
      await receiving;
    },
  });
}
