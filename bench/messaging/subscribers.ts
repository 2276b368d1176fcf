import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect } from 'amqplib';
import { Subscriber } from 'zeromq';
import { kafkaAddress } from '../../src/adapters/kafka/address.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import type { BrokerName } from '../../src/contracts/ports/broker.ts';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';

/** Called for each event that arrives, with its id: the order's, and the sequence. */
export type OnEvent = (eventId: string) => void;

/** Somebody outside, who follows the events of one broker. */
export interface Follower {
  close(): Promise<void>;
}

/** Returns when events arrive that are brought from now on; in Kafka also those that were brought before. */
export const followers: Readonly<
  Record<BrokerName, (address: string, onEvent: OnEvent) => Promise<Follower>>
> = { rabbitmq: followRabbitMq, kafka: followKafka, zeromq: followZeroMq };

const idOf = (body: Buffer): string => (JSON.parse(body.toString()) as { id: string }).id;

/** A quorum queue: what is brought is on the disk of the broker, as somebody who must not miss any has it. */
async function followRabbitMq(url: string, onEvent: OnEvent): Promise<Follower> {
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

async function followKafka(brokers: string, onEvent: OnEvent): Promise<Follower> {
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

function followZeroMq(address: string, onEvent: OnEvent): Promise<Follower> {
  const socket = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  socket.connect(address);
  socket.subscribe();
  const following = (async () => {
    for await (const [, body] of socket) if (body) onEvent(idOf(body));
  })();
  return Promise.resolve({
    async close() {
      socket.close();
      await following;
    },
  });
}
