import assert from 'node:assert/strict';
import { freePort } from '../../dev/processes/free-port.ts';
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
import { relayTo } from '../support/relay.ts';

const ORDERS = 15;

/** The small form of `npm run prove -- --only broker-away`: how soon it goes on is for the proof to say. */
describe('while a broker is away', function () {
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
    rabbit = await startRabbitMq(this);
    closers.push(() => rabbit.stop());
    kafka = await startKafka(this);
    closers.push(() => kafka.stop());
    const zeromqEvents = `tcp://127.0.0.1:${await freePort()}`;
    byRabbit = following(await followRabbitMq(rabbit.url));
    byZeroMq = following(subscribeToZeroMq(zeromqEvents));
    const addresses = { amqpUrl: rabbit.url, kafkaBrokers: kafka.url, zeromqEvents };
    const relay = relayTo(addresses, stage.shop.url);
    closers.push(() => relay.stop());
  });
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function following(follower: Follower): Follower {
    closers.push(() => follower.close());
    return follower;
  }

  /** Orders by HTTP, followed to their end: how many events each has. */
  async function placeSome(count: number): Promise<Map<string, number>> {
    const answers = await Promise.all(
      Array.from({ length: count }, () => stage.app.inject(placing(orderRequest(), { prefer: 'wait=20' }))),
    );
    const lasts = new Map<string, number>();
    for (const answer of answers) {
      const { orderId, status } = orderOf(answer);
      assert.equal(status, 'paid');
      lasts.set(orderId, (await stage.shop.reader.events(orderId)).length);
    }
    return lasts;
  }

  const hears = (follower: Follower, lasts: Map<string, number>, withinMs: number) =>
    waitUntilPasses(async () => {
      const told = (await follower.received()).filter(({ subject }) => lasts.has(subject));
      assert.equal(missing(told, lasts), 0, `${follower.name} has not got all`);
      assert.equal(outOfOrder(told), undefined, follower.name);
    }, withinMs);

  /** Who has just begun to follow may miss what was told meanwhile. */
  const heardBy = (followers: Follower[]) =>
    waitUntilPasses(async () => {
      const lasts = await placeSome(1);
      for (const follower of followers) await hears(follower, lasts, 2_000);
    }, 60_000);

  async function isAway(server: BrokerServer, others: Follower[], follow: () => Follower): Promise<void> {
    await heardBy(others);
    await server.stop();
    const lasts = await placeSome(ORDERS);
    for (const other of others) await hears(other, lasts, 5_000);
    await server.start();
    await hears(follow(), lasts, 60_000);
    const later = await placeSome(1);
    for (const other of others) await hears(other, later, 20_000);
  }

  it('orders go on, and their events reach the others at once and RabbitMQ when it is back', async () => {
    await isAway(rabbit, [byZeroMq, following(followKafka(kafka.url))], () => byRabbit);
  });

  it('orders go on, and their events reach the others at once and Kafka when it is back', async () => {
    await isAway(kafka, [byZeroMq, byRabbit], () => following(followKafka(kafka.url)));
  });
});
