import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Dealer } from 'zeromq';
import { EVENTS_CHANNEL } from '../src/contracts/messages.ts';

/** An event as a follower has got it. */
export interface Told {
  readonly subject: string;
  readonly sequence: number;
}

/** Somebody who follows the events by one broker, through whatever becomes of it. */
export interface Follower {
  readonly name: string;
  /** In the order in which they came. */
  told(): Promise<readonly Told[]> | readonly Told[];
  close(): Promise<void>;
}

const parse = (body: Buffer): Told => {
  const { subject, sequence } = JSON.parse(body.toString()) as Told;
  return { subject, sequence };
};

/** By a queue of its own, which is there before the first event. */
export async function followRabbitMq(url: string): Promise<Follower> {
  const told: Told[] = [];
  const queue = 'proof.events';
  const setup = async (model: ChannelModel): Promise<void> => {
    model.on('error', () => undefined);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(queue, EVENTS_CHANNEL, '#');
    await channel.consume(queue, (message) => {
      if (!message) return;
      told.push(parse(message.content));
      channel.ack(message);
    });
  };
  const connection = await connect(url, { recovery: { initialDelay: 100, maxDelay: 1_000, setup } });
  connection.on('error', () => undefined);
  return { name: 'rabbitmq', told: () => told, close: () => connection.close() };
}

/** Reads the topic from its beginning when it is asked. */
export function followKafka(url: string): Follower {
  const consumers: Consumer[] = [];
  let told: Told[] | undefined;
  return {
    name: 'kafka',
    async told() {
      if (told) return told;
      const found: Told[] = [];
      const consumer = new Consumer({ clientId: 'proof', groupId: randomUUID(), bootstrapBrokers: [url] });
      consumers.push(consumer);
      const stream = await consumer.consume({ topics: [EVENTS_CHANNEL], mode: 'earliest', maxWaitTime: 200 });
      stream.on('error', () => undefined);
      stream.on('data', ({ value }) => {
        found.push(parse(value));
      });
      return (told = found);
    },
    async close() {
      for (const consumer of consumers)
        await new Promise<void>((resolve) => {
          consumer.close(true, () => {
            resolve();
          });
        });
    },
  };
}

/** Asks for everything from the beginning, as who was never there. */
export function followZeroMq(commands: string): Follower {
  const socket = new Dealer({ linger: 0, receiveTimeout: 10_000 });
  socket.connect(commands);
  return {
    name: 'zeromq',
    async told() {
      const told: Told[] = [];
      for (let after = '', more = true; more;) {
        await socket.send(JSON.stringify({ replay: { after, limit: 1_000 } }));
        const [answer] = await socket.receive();
        const page = JSON.parse(String(answer)) as { events: Told[]; cursor: string; more: boolean };
        told.push(...page.events.map(({ subject, sequence }) => ({ subject, sequence })));
        ({ cursor: after, more } = page);
      }
      return told;
    },
    close() {
      socket.close();
      return Promise.resolve();
    },
  };
}
