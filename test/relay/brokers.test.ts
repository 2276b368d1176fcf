import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Consumer } from '@platformatic/kafka';
import { connect, type ChannelModel } from 'amqplib';
import { Dealer, Subscriber } from 'zeromq';
import type { BrokerAddresses } from '../../src/adapters/brokers.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import { EVENTS_CHANNEL } from '../../src/contracts/messages.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { createReplayFeed } from '../../src/relay/replay-feed.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { relayTo } from '../support/relay.ts';

interface Told {
  id: string;
  subject: string;
  sequence: number;
  cursor: string;
}

const parse = (body: Buffer): Told => JSON.parse(body.toString()) as Told;

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

  function bringTo(addresses: Partial<BrokerAddresses>): void {
    const relay = relayTo(addresses, shop.url, 'now');
    closers.push(() => relay.stop());
  }

  /** The place of the destination is made: from here on nothing is missed. */
  const began = (name: string) =>
    waitUntilPasses(async () => {
      const { rowCount } = await shop.pool.query('select from event_destinations where name = $1', [name]);
      assert.equal(rowCount, 1);
    });

  async function placeMany(count: number): Promise<string[]> {
    const sku = await shop.item(count);
    const orders = Array.from({ length: count }, () => checkoutOrder({ lines: [line(sku)] }));
    await shop.ledger.reserve(orders);
    return orders.map(({ orderId }) => orderId);
  }

  /** Each event of each order at least once, and what is new of an order always the next of it. */
  const complete = (told: readonly Told[], orderIds: readonly string[]) =>
    waitUntilPasses(() => {
      const last = new Map<string, number>();
      for (const { subject, sequence } of told) {
        const before = last.get(subject) ?? 0;
        if (sequence <= before) continue;
        assert.equal(sequence, before + 1, `${subject} out of order`);
        last.set(subject, sequence);
      }
      for (const orderId of orderIds) assert.equal(last.get(orderId), 2, orderId);
    }, 60_000);

  it('reach RabbitMQ in the order of each order, though it is killed on the way', async function () {
    const server = await startRabbitMq(this);
    closers.push(() => server.stop());
    bringTo({ amqpUrl: server.url });
    await began('rabbitmq');
    const told: Told[] = [];
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
        told.push(parse(message.content));
        channel.ack(message);
      });
    };
    const connection = await connect(server.url, { recovery: { initialDelay: 50, maxDelay: 500, setup } });
    connection.on('error', () => undefined);
    closers.push(() => connection.close());
    const first = await placeMany(300);
    await complete(told, first);
    const second = await placeMany(300);
    await server.kill();
    const third = await placeMany(300);
    await server.start();
    await complete(told, [...first, ...second, ...third]);
  });

  it('reach Kafka in the order of each order, though it is killed on the way', async function () {
    const server = await startKafka(this);
    closers.push(() => server.stop());
    bringTo({ kafkaBrokers: server.url });
    await began('kafka');
    const first = await placeMany(300);
    await server.kill();
    const second = await placeMany(300);
    await server.start();
    const told: Told[] = [];
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
        told.push(event);
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
    await complete(told, [...first, ...second]);
  });

  it('are told by ZeroMQ, and again to who has missed some', async () => {
    const events = `tcp://127.0.0.1:${await freePort()}`;
    const commands = `tcp://127.0.0.1:${await freePort()}`;
    bringTo({ zeromqEvents: events });
    await began('zeromq');
    const router = await openZeroMq({ commands, replay: createReplayFeed(shop.pool), logger });
    await router.consume(() => Promise.reject(new Error('no commands here')), 10);
    closers.push(() => router.close());
    const before = await placeMany(3);

    const told: Told[] = [];
    const follower = new Subscriber({ linger: 0 });
    closers.push(() => {
      follower.close();
    });
    follower.connect(events);
    follower.subscribe('com.durable-checkout.order.');
    void (async () => {
      for await (const [, body] of follower) if (body) told.push(parse(body));
    })();
    // A follower hears nothing of what was told before it was there, and not at once what comes then.
    const heard = await waitUntilPasses(async () => {
      const [orderId = ''] = await placeMany(1);
      await waitUntilPasses(() => {
        assert.ok(
          told.some(({ subject }) => subject === orderId),
          'not heard yet',
        );
      }, 1_000);
      return orderId;
    });

    const asking = new Dealer({ linger: 0 });
    closers.push(() => {
      asking.close();
    });
    asking.connect(commands);
    const missed: Told[] = [];
    for (let after = '', more = true; more;) {
      await asking.send(JSON.stringify({ replay: { after, limit: 4 } }));
      const [answer] = await asking.receive();
      const page = JSON.parse(String(answer)) as { events: Told[]; cursor: string; more: boolean };
      missed.push(...page.events);
      ({ cursor: after, more } = page);
    }
    for (const orderId of [...before, heard])
      assert.deepEqual(
        missed.filter(({ subject }) => subject === orderId).map(({ sequence }) => sequence),
        [1, 2],
      );
    await asking.send(JSON.stringify({ replay: { after: 'nonsense' } }));
    assert.match(String(await asking.receive()), /replay\.after/);
  });
});
