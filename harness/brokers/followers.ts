import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Dealer, Subscriber } from 'zeromq';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';

/** An event as a follower has got it. */
export interface Told {
  readonly subject: string;
  readonly sequence: number;
  /** Milliseconds from when it was written to when it came, by the clock of this machine. */
  readonly delayMs: number;
  /** When it was written, Unix milliseconds. */
  readonly at: number;
}

/** Somebody who follows the events by one broker, through whatever becomes of it. */
export interface Follower {
  readonly name: string;
  /** In the order in which they came. */
  told(): Promise<readonly Told[]> | readonly Told[];
  close(): Promise<void>;
}

function toldBy(event: { subject: string; sequence: number; time: string }): Told {
  const { subject, sequence, time } = event;
  const at = Date.parse(time);
  return { subject, sequence, at, delayMs: Date.now() - at };
}

const parse = (body: Buffer): Told => toldBy(JSON.parse(body.toString()) as Parameters<typeof toldBy>[0]);

/** By a queue of its own, which is there before the first event. */
export async function followRabbitMq(url: string): Promise<Follower> {
  const told: Told[] = [];
  const queue = 'test.events';
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

/** Reads the topic from its beginning when it is first asked, and goes on until Kafka is away. */
export function followKafka(url: string): Follower {
  const consumers: Consumer[] = [];
  let told: Told[] | undefined;
  return {
    name: 'kafka',
    async told() {
      if (told) return told;
      const found: Told[] = [];
      const consumer = new Consumer({ clientId: 'test', groupId: randomUUID(), bootstrapBrokers: [url] });
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

/** Hears what is told from now on, and asks for nothing. */
export function hearZeroMq(events: string): Follower {
  const told: Told[] = [];
  const socket = new Subscriber({ linger: 0 });
  socket.connect(events);
  socket.subscribe();
  const hear = async (): Promise<void> => {
    for await (const [, body] of socket) if (body) told.push(parse(body));
  };
  void hear();
  return {
    name: 'zeromq',
    told: () => told,
    close() {
      socket.close();
      return Promise.resolve();
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
        const page = JSON.parse(String(answer)) as {
          events: Parameters<typeof toldBy>[0][];
          cursor: string;
          more: boolean;
        };
        told.push(...page.events.map(toldBy));
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

/** How many orders have events that are not among those told; `lasts`: the number of events of each order. */
export function missing(told: readonly Told[], lasts: ReadonlyMap<string, number>): number {
  const seen = new Map<string, Set<number>>();
  for (const { subject, sequence } of told) {
    const some = seen.get(subject) ?? new Set();
    seen.set(subject, some.add(sequence));
  }
  return [...lasts].filter(([orderId, last]) => (seen.get(orderId)?.size ?? 0) < last).length;
}

/** The first order of which something new came that was not the next. */
export function outOfOrder(told: readonly Told[]): string | undefined {
  const lasts = new Map<string, number>();
  for (const { subject, sequence } of told) {
    const last = lasts.get(subject) ?? 0;
    if (sequence > last + 1) return subject;
    if (sequence === last + 1) lasts.set(subject, sequence);
  }
  return undefined;
}
