import { setTimeout as delay } from 'node:timers/promises';
import {
  followKafka,
  followRabbitMq,
  subscribeToZeroMq,
  missing,
  outOfOrder,
  type Follower,
} from '../../harness/brokers/followers.ts';
import { kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { event, PLACE, type Sender } from '../../harness/brokers/message.ts';
import { rabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../../harness/brokers/server.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { findDifferences } from '../orders/audit.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { violationLine } from '../report/report.ts';
import { waitUntilAllEnded } from '../orders/quiesce.ts';
import { orderRequest, place, reaches } from '../orders/requests.ts';
import { seconds, sendEvery } from '../orders/steady.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

export interface BrokerDownPlan {
  /** How long each broker is down, in milliseconds. */
  readonly downMs: number;
  /** By HTTP; a quarter of that by each broker that runs. */
  readonly ordersPerSecond: number;
}

const FULL: BrokerDownPlan = { downMs: 60_000, ordersPerSecond: 20 };
const QUICK: BrokerDownPlan = { downMs: 10_000, ordersPerSecond: 10 };

/** While one broker is down, no order and no event by another way may take longer. */
const MAX_DELAY_MS = 5_000;
const ALL_EVENTS_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 120_000;

/** One broker after another is stopped for a while, and orders come by HTTP and by the other brokers. */
export const brokerDownPart: Part = {
  name: 'broker-down',
  run: (context) => runBrokerDown(context, context.quick ? QUICK : FULL),
};

/** A broker that can be stopped, with its followers and its sender. */
interface Stoppable {
  readonly name: string;
  readonly server: BrokerServer;
  readonly sender: Sender;
  /** A follower that has all events from the beginning. One that was connected when the broker stopped may have lost its connection. */
  readonly follow: () => Follower;
}

export async function runBrokerDown(context: ProofContext, plan: BrokerDownPlan): Promise<PartResult> {
  const [servers, rabbit, kafka] = [await startServers(context), await startRabbitMq(), await startKafka()];
  const closers: (() => Promise<unknown>)[] = [];
  const violations: Violation[] = [];
  const recoveries: Recovery[] = [];
  const notes: string[] = [];
  const faults: Record<string, number> = {};
  let orders = 0;
  try {
    const shop = await startShop({
      name: 'broker_down',
      servers,
      built: await context.built(),
      folder: context.folder,
      otherProcesses: { intake: 'intake', relay: 'relay' },
      settings: {
        CHECKOUT_ROLES: 'api,checkout,notifications',
        AMQP_URL: rabbit.url,
        KAFKA_BROKERS: kafka.url,
      },
      usesZeroMq: true,
    });
    closers.push(() => shop.stop());
    const following = <T extends Follower>(follower: T): T => {
      closers.push(() => follower.close());
      return follower;
    };
    const byRabbit = following(await followRabbitMq(rabbit.url));
    const byZeroMq = following(subscribeToZeroMq(shop.zeroMq.events));
    const brokers: Stoppable[] = [
      {
        name: 'RabbitMQ',
        server: rabbit,
        sender: await rabbitMqClient(rabbit.url),
        follow: () => byRabbit,
      },
      {
        name: 'Kafka',
        server: kafka,
        sender: kafkaClient(kafka.url),
        follow: () => following(followKafka(kafka.url)),
      },
    ];
    const zeromq = { name: 'ZeroMQ', sender: zeroMqClient(shop.zeroMq.commands) };
    for (const { sender } of [...brokers, zeromq]) closers.push(() => sender.close());
    for (const [n, broker] of brokers.entries()) {
      const others = [...brokers.filter((each) => each !== broker), zeromq];
      const result = await stopAndRestart(shop, broker, others, byZeroMq, `${context.seed}-${n}`, plan);
      orders += result.orders;
      faults[`${broker.name} stopped`] = 1;
      recoveries.push({ kind: `${broker.name} stopped`, ms: result.recoveredMs });
      notes.push(result.note);
      for (const what of result.broken) {
        violations.push({ at: broker.name, what });
        console.log(violationLine({ at: broker.name, what }));
      }
      context.progress(n + 1, brokers.length, result.note);
    }
    await waitUntilAllEnded(shop, END_TIMEOUT_MS);
    for (const what of await findDifferences(shop)) violations.push({ at: 'the audit', what });
  } finally {
    for (const close of closers.reverse()) await close();
    await servers.stop();
    await Promise.all([rabbit.stop(), kafka.stop()]);
  }
  return { title: 'A broker down', faults, orders, recoveries, violations, notes };
}

async function stopAndRestart(
  shop: Shop,
  { name, server, follow }: Stoppable,
  others: readonly (Pick<Stoppable, 'name' | 'sender'> & Partial<Stoppable>)[],
  byZeroMq: Follower,
  key: string,
  { downMs, ordersPerSecond }: BrokerDownPlan,
): Promise<{ note: string; orders: number; recoveredMs: number; broken: string[] }> {
  const broken: string[] = [];
  const followers = [byZeroMq, ...others.flatMap((other) => other.follow?.() ?? [])];
  await waitUntilAllReceive(shop, followers, key);

  await server.stop();
  const stoppedAt = Date.now();
  const everyMs = 1_000 / ordersPerSecond;
  const [http, ...messages] = await Promise.all([
    sendEvery(everyMs, downMs, (n) => place(shop.api, orderOf(n), `${key}-http-${n}`)),
    ...others.map((other) =>
      sendEvery(4 * everyMs, downMs, (n) =>
        other.sender.send(event(PLACE, orderOf(n), { id: `${key}-${other.name}-${n}` })),
      ),
    ),
  ]);
  const orders = [http, ...messages].reduce((sum, { sent }) => sum + sent, 0);
  await waitThroughFaults(
    `${orders} orders are paid`,
    async () => (await paidSince(shop, stoppedAt)) === orders,
    END_TIMEOUT_MS,
  );
  const lasts = await eventsSince(shop, stoppedAt);
  const events = [...lasts.values()].reduce((sum, last) => sum + last, 0);
  let slowestMs = 0;
  for (const follower of followers) {
    await waitUntilAllReceived(follower, lasts, MAX_DELAY_MS);
    const received = (await follower.received()).filter(({ subject }) => lasts.has(subject));
    slowestMs = received.reduce((slowest, { delayMs }) => Math.max(slowest, delayMs), slowestMs);
  }
  if (slowestMs > MAX_DELAY_MS) broken.push(`an event came by another way only after ${seconds(slowestMs)}`);
  if (http.slowestMs > MAX_DELAY_MS)
    broken.push(`an order was acknowledged only after ${seconds(http.slowestMs)}`);
  const downFor = seconds(Date.now() - stoppedAt);

  await server.start();
  const restartedAt = performance.now();
  followers.push(follow());
  for (const follower of followers) {
    await waitUntilAllReceived(follower, lasts, ALL_EVENTS_TIMEOUT_MS);
    const received = (await follower.received()).filter(({ subject }) => lasts.has(subject));
    const disorder = outOfOrder(received);
    if (disorder !== undefined) broken.push(`${disorder} came out of order by ${follower.name}`);
  }
  const recoveredMs = performance.now() - restartedAt;
  const byOthers = messages.map(({ sent }, n) => `${sent} by ${others[n]?.name ?? ''}`).join(' and ');
  const note =
    `${name} was down for ${downFor}. Meanwhile ${http.sent} orders came by HTTP, each acknowledged within ${seconds(http.slowestMs)}, ${byOthers}; ` +
    `the other brokers had each event within ${seconds(slowestMs)}. ${seconds(recoveredMs)} after ${name} accepted connections again it had all ${events.toLocaleString('en')} events, those of each order in order.`;
  return { note, orders, recoveredMs, broken };
}

/** Places orders until each follower has received one: a follower that has just subscribed may miss the first. */
async function waitUntilAllReceive(
  { api }: Shop,
  followers: readonly Follower[],
  key: string,
): Promise<void> {
  let n = 0;
  await waitThroughFaults('every follower receives events', async () => {
    const { orderId } = await place(api, orderOf(n), `${key}-warm-${n}`);
    n += 1;
    await reaches(api, orderId, ['paid']);
    await delay(500);
    for (const follower of followers)
      if (!(await follower.received()).some(({ subject }) => subject === orderId)) return false;
    return true;
  });
}

/** The number of events of each order that was placed since a time (Unix milliseconds). */
async function eventsSince({ pool }: Shop, since: number): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ order_id: string; last_sequence: number }>(
    'select order_id, last_sequence from orders where created_at >= $1',
    [new Date(since)],
  );
  return new Map(rows.map(({ order_id, last_sequence }) => [order_id, last_sequence]));
}

async function paidSince({ pool }: Shop, since: number): Promise<number> {
  const { rowCount } = await pool.query(`select from orders where created_at >= $1 and status = 'paid'`, [
    new Date(since),
  ]);
  return rowCount ?? 0;
}

const waitUntilAllReceived = (
  follower: Follower,
  lasts: Map<string, number>,
  withinMs: number,
): Promise<void> =>
  waitThroughFaults(
    `all events by ${follower.name}`,
    async () => missing(await follower.received(), lasts) === 0,
    withinMs,
  );

const orderOf = (n: number) => orderRequest('pm_card_visa', `item-${(n % 20) + 1}`);
