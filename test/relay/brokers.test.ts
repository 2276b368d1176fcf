import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Dealer, Subscriber } from 'zeromq';
import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { createReplayEvents } from '../../src/relay/replay-feed.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { relayTo, relayToZeroMq } from '../support/relay.ts';

interface ReceivedEvent {
  id: string;
  subject: string;
  sequence: number;
  cursor: string;
}

const parse = (body: Buffer): ReceivedEvent => JSON.parse(body.toString()) as ReceivedEvent;

describe('events by message', function () {
  this.timeout(120_000);
  let shop: Shop;
  const closers: (() => unknown)[] = [];

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function startRelayTo(addresses: Partial<BrokerAddresses>): void {
    const relay = relayTo(addresses, shop.url, 'now');
    closers.push(() => relay.stop());
  }

  /** Resolves when the destination has a position in the feed: from then on it misses no event. */
  const waitForDestination = (name: string) =>
    waitUntilPasses(async () => {
      const { rowCount } = await shop.pool.query('select from event_destinations where name = $1', [name]);
      assert.equal(rowCount, 1);
    });

  async function placeMany(count: number): Promise<string[]> {
    const sku = await shop.item(count);
    const orders = Array.from({ length: count }, () => checkoutOrder({ lines: [line(sku)] }));
    await shop.ledger.reserveStock(orders);
    return orders.map(({ orderId }) => orderId);
  }

  /** Resolves when both events of each order have been received, each new event of an order in its order. */
  const waitForAll = (received: readonly ReceivedEvent[], orderIds: readonly string[]) =>
    waitUntilPasses(() => {
      const last = new Map<string, number>();
      for (const { subject, sequence } of received) {
        const before = last.get(subject) ?? 0;
        if (sequence <= before) continue;
        assert.equal(sequence, before + 1, `${subject} out of order`);
        last.set(subject, sequence);
      }
      for (const orderId of orderIds) assert.equal(last.get(orderId), 2, orderId);
    }, 60_000);

  it('reach RabbitMQ, those of each order in order, although RabbitMQ is killed meanwhile', async function () {
    const server = await startRabbitMq();
    closers.push(() => server.stop());
    startRelayTo({ amqpUrl: server.url });
    await waitForDestination('rabbitmq');
    const received: ReceivedEvent[] = [];
    const queue = 'test.events';
    const setup = async (model: ChannelModel): Promise<void> => {
      model.on('error', () => undefined);
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      await channel.assertExchange(EVENTS_CHANNEL, 'topic', { durable: true });
      await channel.assertQueue(queue, { durable: true });
      await channel.bindQueue(queue, EVENTS_CHANNEL, 'com.durable-checkout.order.#');
      await channel.consume(queue, (message) => {
        if (!message) return;
        received.push(parse(message.content));
        channel.ack(message);
      });
    };
    const connection = await connect(server.url, { recovery: { initialDelay: 50, maxDelay: 500, setup } });
    connection.on('error', () => undefined);
    closers.push(() => connection.close());
    const first = await placeMany(300);
    await waitForAll(received, first);
    const second = await placeMany(300);
    await server.kill();
    const third = await placeMany(300);
    await server.start();
    await waitForAll(received, [...first, ...second, ...third]);
  });

  it('reach Kafka, those of each order in order, although Kafka is killed meanwhile', async function () {
    const server = await startKafka();
    closers.push(() => server.stop());
    startRelayTo({ kafkaBrokers: server.url });
    await waitForDestination('kafka');
    const first = await placeMany(300);
    await server.kill();
    const second = await placeMany(300);
    await server.start();
    const received: ReceivedEvent[] = [];
    await waitUntilPasses(async () => {
      const consumer = new Consumer({
        clientId: 'test',
        groupId: randomUUID(),
        bootstrapBrokers: [server.url],
      });
      const stream = await consumer
        .consume({ topics: [EVENTS_CHANNEL], mode: 'earliest', maxWaitTime: 200 })
        .catch((error: unknown) => {
          consumer.close(true, () => undefined);
          throw error;
        });
      stream.on('error', () => undefined);
      stream.on('data', ({ key, value }) => {
        const event = parse(value);
        assert.equal(key.toString(), event.subject);
        received.push(event);
      });
      closers.push(
        () =>
          new Promise<void>((resolve) => {
            consumer.close(true, () => {
              resolve();
            });
          }),
      );
    }, 30_000);
    await waitForAll(received, [...first, ...second]);
  });

  it('are published by ZeroMQ, and are sent again to a subscriber that asks for missed events', async () => {
    const { relay, events } = await relayToZeroMq({}, shop.url, 'now');
    closers.push(() => relay.stop());
    await waitForDestination('zeromq');
    const commands = await startOnFreePorts(['commands'], async ({ commands: port }) => {
      const address = `tcp://127.0.0.1:${port}`;
      const router = await openZeroMq({ commands: address, replay: createReplayEvents(shop.pool), logger });
      closers.push(() => router.close());
      await router.consume(() => Promise.reject(new Error('This test sends no commands.')), 10);
      return address;
    });
    const before = await placeMany(3);

    const received: ReceivedEvent[] = [];
    const subscriber = new Subscriber({ linger: 0 });
    closers.push(() => {
      subscriber.close();
    });
    subscriber.connect(events);
    subscriber.subscribe('com.durable-checkout.order.');
    void (async () => {
      for await (const [, body] of subscriber) if (body) received.push(parse(body));
    })();
    // A subscriber receives nothing that was published before it connected, and connecting takes a moment.
    const receivedOrder = await waitUntilPasses(async () => {
      const [orderId = ''] = await placeMany(1);
      await waitUntilPasses(() => {
        assert.ok(
          received.some(({ subject }) => subject === orderId),
          'the event has not been received yet',
        );
      }, 1_000);
      return orderId;
    });

    const dealer = new Dealer({ linger: 0 });
    closers.push(() => {
      dealer.close();
    });
    dealer.connect(commands);
    const missed: ReceivedEvent[] = [];
    for (let after = '', more = true; more;) {
      await dealer.send(JSON.stringify({ replay: { after, limit: 4 } }));
      const [answer] = await dealer.receive();
      const page = JSON.parse(String(answer)) as { events: ReceivedEvent[]; cursor: string; more: boolean };
      missed.push(...page.events);
      ({ cursor: after, more } = page);
    }
    for (const orderId of [...before, receivedOrder])
      assert.deepEqual(
        missed.filter(({ subject }) => subject === orderId).map(({ sequence }) => sequence),
        [1, 2],
      );
    await dealer.send(JSON.stringify({ replay: { after: 'nonsense' } }));
    assert.match(String(await dealer.receive()), /replay\.after/);
  });
});
