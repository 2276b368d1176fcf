import assert from 'node:assert/strict';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { orderOf, placing } from '../support/api/requests.ts';
import {
  followKafka,
  followRabbitMq,
  subscribeToZeroMq,
  missing,
  outOfOrder,
  type Follower,
} from '../../harness/brokers/followers.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../../harness/brokers/server.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { orderRequest } from '../../harness/orders.ts';
import { relayToZeroMq } from '../support/relay.ts';

const ORDERS = 15;

/** The small form of `npm run prove -- --only broker-away`. The proof also measures how soon delivery continues. */
describe('while a broker cannot be reached', function () {
  this.timeout(180_000);
  let stage: Stage;
  let rabbit: BrokerServer;
  let kafka: BrokerServer;
  let byRabbit: Follower;
  let byZeroMq: Follower;
  const closers: (() => Promise<unknown>)[] = [];

  before(async function () {
    stage = await openWorkingStage();
    closers.push(() => stage.close());
    rabbit = await startRabbitMq();
    closers.push(() => rabbit.stop());
    kafka = await startKafka();
    closers.push(() => kafka.stop());
    byRabbit = closeLater(await followRabbitMq(rabbit.url));
    const brokers = { amqpUrl: rabbit.url, kafkaBrokers: kafka.url };
    const { relay, events } = await relayToZeroMq(brokers, stage.shop.url);
    closers.push(() => relay.stop());
    byZeroMq = closeLater(subscribeToZeroMq(events));
  });
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function closeLater(follower: Follower): Follower {
    closers.push(() => follower.close());
    return follower;
  }

  /** Places orders by HTTP and waits until they are paid; returns the number of events of each order. */
  async function placeOrders(count: number): Promise<Map<string, number>> {
    const answers = await Promise.all(
      Array.from({ length: count }, () => stage.app.inject(placing(orderRequest(), { prefer: 'wait=20' }))),
    );
    const eventCounts = new Map<string, number>();
    for (const answer of answers) {
      const { orderId, status } = orderOf(answer);
      assert.equal(status, 'paid');
      eventCounts.set(orderId, (await stage.shop.reader.events(orderId)).length);
    }
    return eventCounts;
  }

  const waitForEvents = (follower: Follower, eventCounts: Map<string, number>, withinMs: number) =>
    waitUntilPasses(async () => {
      const received = (await follower.received()).filter(({ subject }) => eventCounts.has(subject));
      assert.equal(missing(received, eventCounts), 0, `${follower.name} has not received all events`);
      assert.equal(outOfOrder(received), undefined, follower.name);
    }, withinMs);

  /** Resolves when all followers receive events: one that has just connected may miss the first events. */
  const waitUntilFollowing = (followers: Follower[]) =>
    waitUntilPasses(async () => {
      const eventCounts = await placeOrders(1);
      for (const follower of followers) await waitForEvents(follower, eventCounts, 2_000);
    }, 60_000);

  async function stopAndStart(
    server: BrokerServer,
    others: Follower[],
    follow: () => Follower,
  ): Promise<void> {
    await waitUntilFollowing(others);
    await server.stop();
    const meanwhile = await placeOrders(ORDERS);
    for (const other of others) await waitForEvents(other, meanwhile, 5_000);
    await server.start();
    await waitForEvents(follow(), meanwhile, 60_000);
    const later = await placeOrders(1);
    for (const other of others) await waitForEvents(other, later, 20_000);
  }

  it('orders are paid, and their events reach the other brokers at once and RabbitMQ when it runs again', async () => {
    await stopAndStart(rabbit, [byZeroMq, closeLater(followKafka(kafka.url))], () => byRabbit);
  });

  it('orders are paid, and their events reach the other brokers at once and Kafka when it runs again', async () => {
    await stopAndStart(kafka, [byZeroMq, byRabbit], () => closeLater(followKafka(kafka.url)));
  });
});
