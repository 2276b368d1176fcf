import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Dealer, Subscriber } from 'zeromq';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';

/** An event as a follower received it. */
export interface ReceivedEvent {
  readonly subject: string;
  readonly sequence: number;
  /** From the time of the event to its arrival, in milliseconds. */
  readonly delayMs: number;
  /** The time of the event, in Unix milliseconds. */
  readonly at: number;
}

/** Receives the events from one broker, also after the broker has been down. */
export interface Follower {
  readonly name: string;
  /** The events in the order in which they came. */
  received(): Promise<readonly ReceivedEvent[]> | readonly ReceivedEvent[];
  close(): Promise<void>;
}

function receivedNow(event: { subject: string; sequence: number; time: string }): ReceivedEvent {
  const { subject, sequence, time } = event;
  const at = Date.parse(time);
  return { subject, sequence, at, delayMs: Date.now() - at };
}

const parse = (body: Buffer): ReceivedEvent =>
  receivedNow(JSON.parse(body.toString()) as Parameters<typeof receivedNow>[0]);

/** Receives events through a queue that is declared before this returns. */
export async function followRabbitMq(url: string): Promise<Follower> {
  const received: ReceivedEvent[] = [];
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
      received.push(parse(message.content));
      channel.ack(message);
    });
  };
  const connection = await connect(url, { recovery: { initialDelay: 100, maxDelay: 1_000, setup } });
  connection.on('error', () => undefined);
  return { name: 'rabbitmq', received: () => received, close: () => connection.close() };
}

/** Reads the topic from its beginning at the first call of `received`, and goes on until Kafka is down. */
export function followKafka(url: string): Follower {
  const consumers: Consumer[] = [];
  let received: ReceivedEvent[] | undefined;
  return {
    name: 'kafka',
    async received() {
      if (received) return received;
      const found: ReceivedEvent[] = [];
      const consumer = new Consumer({ clientId: 'test', groupId: randomUUID(), bootstrapBrokers: [url] });
      consumers.push(consumer);
      const stream = await consumer.consume({ topics: [EVENTS_CHANNEL], mode: 'earliest', maxWaitTime: 200 });
      stream.on('error', () => undefined);
      stream.on('data', ({ value }) => {
        found.push(parse(value));
      });
      return (received = found);
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

/** Receives the events that are published from now on. It asks for no replay. */
export function subscribeToZeroMq(events: string): Follower {
  const received: ReceivedEvent[] = [];
  const socket = new Subscriber({ linger: 0 });
  socket.connect(events);
  socket.subscribe();
  const receive = async (): Promise<void> => {
    for await (const [, body] of socket) if (body) received.push(parse(body));
  };
  void receive();
  return {
    name: 'zeromq',
    received: () => received,
    close() {
      socket.close();
      return Promise.resolve();
    },
  };
}

/** Asks for a replay of all events from the beginning at each call of `received`. */
export function followZeroMq(commands: string): Follower {
  const socket = new Dealer({ linger: 0, receiveTimeout: 10_000 });
  socket.connect(commands);
  return {
    name: 'zeromq',
    async received() {
      const received: ReceivedEvent[] = [];
      for (let after = '', more = true; more;) {
        await socket.send(JSON.stringify({ replay: { after, limit: 1_000 } }));
        const [answer] = await socket.receive();
        const page = JSON.parse(String(answer)) as {
          events: Parameters<typeof receivedNow>[0][];
          cursor: string;
          more: boolean;
        };
        received.push(...page.events.map(receivedNow));
        ({ cursor: after, more } = page);
      }
      return received;
    },
    close() {
      socket.close();
      return Promise.resolve();
    },
  };
}

/** How many orders have events that were not received. `lasts`: the number of events of each order. */
export function missing(received: readonly ReceivedEvent[], lasts: ReadonlyMap<string, number>): number {
  const seen = new Map<string, Set<number>>();
  for (const { subject, sequence } of received) {
    const some = seen.get(subject) ?? new Set();
    seen.set(subject, some.add(sequence));
  }
  return [...lasts].filter(([orderId, last]) => (seen.get(orderId)?.size ?? 0) < last).length;
}

/** The first order of which an event came before an earlier one. Repeated events are allowed. */
export function outOfOrder(received: readonly ReceivedEvent[]): string | undefined {
  const lasts = new Map<string, number>();
  for (const { subject, sequence } of received) {
    const last = lasts.get(subject) ?? 0;
    if (sequence > last + 1) return subject;
    if (sequence === last + 1) lasts.set(subject, sequence);
  }
  return undefined;
}
