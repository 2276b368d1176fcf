import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../dev/processes/free-port.ts';
import {
  followKafka,
  followRabbitMq,
  hearZeroMq,
  missing,
  outOfOrder,
  type Follower,
} from '../harness/brokers/followers.ts';
import { kafkaClient } from '../harness/brokers/kafka-client.ts';
import { startKafka } from '../harness/brokers/kafka.ts';
import { event, PLACE, type Sender } from '../harness/brokers/message.ts';
import { rabbitMqClient } from '../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../harness/brokers/server.ts';
import { zeroMqClient } from '../harness/brokers/zeromq-client.ts';
import { auditClean } from './audit.ts';
import { MUST_RUN } from './messages.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { violationLine } from './report.ts';
import { untilAllOver } from './quiesce.ts';
import { order } from './scenarios.ts';
import { startServers } from './servers.ts';
import { startShop, type Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

export interface BrokerAwayPlan {
  /** How long each broker is away. */
  readonly awayMs: number;
  /** By HTTP; a quarter of that by each broker which is there. */
  readonly ordersPerSecond: number;
}

const FULL: BrokerAwayPlan = { awayMs: 60_000, ordersPerSecond: 20 };
const QUICK: BrokerAwayPlan = { awayMs: 10_000, ordersPerSecond: 10 };

/** What nobody may have to wait for longer while a broker is away that they do not use. */
const UNTROUBLED_MS = 5_000;
const ALL_TOLD_WITHIN_MS = 60_000;
const OVER_WITHIN_MS = 120_000;

/** One broker after the other is stopped and stays away, while orders come by HTTP and by the others. */
export const brokerAwayPart: Part = {
  name: 'broker-away',
  run: (context) => runBrokerAway(context, context.quick ? QUICK : FULL),
};

/** A broker that can be stopped, and those who follow and use it. */
interface Stoppable {
  readonly name: string;
  readonly server: BrokerServer;
  readonly sender: Sender;
  /** Who follows it from now on, and knows what was told before; one who was there before it was stopped may have gone with it. */
  readonly follow: () => Follower;
}

export async function runBrokerAway(context: ProofContext, plan: BrokerAwayPlan): Promise<PartResult> {
  const [servers, rabbit, kafka] = [
    await startServers(context),
    await startRabbitMq(MUST_RUN),
    await startKafka(MUST_RUN),
  ];
  const [commands, events] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
  const closers: (() => Promise<unknown>)[] = [];
  const violations: Violation[] = [];
  const recoveries: Recovery[] = [];
  const notes: string[] = [];
  const faults: Record<string, number> = {};
  let orders = 0;
  try {
    const shop = await startShop({
      name: 'away',
      servers,
      built: await context.built(),
      folder: context.folder,
      beside: { intake: 'intake', relay: 'relay' },
      settings: {
        CHECKOUT_ROLES: 'api,checkout,notifications',
        AMQP_URL: rabbit.url,
        KAFKA_BROKERS: kafka.url,
        ZEROMQ_COMMANDS: commands,
        ZEROMQ_EVENTS: events,
      },
    });
    closers.push(() => shop.stop());
    const following = <T extends Follower>(follower: T): T => {
      closers.push(() => follower.close());
      return follower;
    };
    const byRabbit = following(await followRabbitMq(rabbit.url));
    const byZeroMq = following(hearZeroMq(events));
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
    const zeromq = { name: 'ZeroMQ', sender: zeroMqClient(commands) };
    for (const { sender } of [...brokers, zeromq]) closers.push(() => sender.close());
    for (const [n, broker] of brokers.entries()) {
      const others = [...brokers.filter((each) => each !== broker), zeromq];
      const told = await away(shop, broker, others, byZeroMq, `${context.seed}-${n}`, plan);
      orders += told.orders;
      faults[`${broker.name} stopped`] = 1;
      recoveries.push({ kind: `${broker.name} stopped`, ms: told.recoveredMs });
      notes.push(told.note);
      for (const what of told.broken) {
        violations.push({ at: broker.name, what });
        console.log(violationLine({ at: broker.name, what }));
      }
      context.progress(n + 1, brokers.length, told.note);
    }
    await untilAllOver(shop, OVER_WITHIN_MS);
    for (const what of await auditClean(shop)) violations.push({ at: 'the audit', what });
  } finally {
    for (const close of closers.reverse()) await close();
    await servers.stop();
    await Promise.all([rabbit.stop(), kafka.stop()]);
  }
  return { title: 'A broker away', faults, orders, recoveries, violations, notes };
}

async function away(
  shop: Shop,
  { name, server, follow }: Stoppable,
  others: readonly (Pick<Stoppable, 'name' | 'sender'> & Partial<Stoppable>)[],
  byZeroMq: Follower,
  key: string,
  { awayMs, ordersPerSecond }: BrokerAwayPlan,
): Promise<{ note: string; orders: number; recoveredMs: number; broken: string[] }> {
  const broken: string[] = [];
  const followers = [byZeroMq, ...others.flatMap((other) => other.follow?.() ?? [])];
  await heardByAll(shop, followers, key);

  await server.stop();
  const stoppedAt = Date.now();
  const everyMs = 1_000 / ordersPerSecond;
  const [http, ...messages] = await Promise.all([
    sendEvery(everyMs, awayMs, (n) => shop.api.place(orderOf(n), `${key}-http-${n}`)),
    ...others.map((other) =>
      sendEvery(4 * everyMs, awayMs, (n) =>
        other.sender.send(event(PLACE, orderOf(n), { id: `${key}-${other.name}-${n}` })),
      ),
    ),
  ]);
  const orders = [http, ...messages].reduce((sum, { sent }) => sum + sent, 0);
  await waitThroughFaults(
    `${orders} orders are paid`,
    async () => (await paidSince(shop, stoppedAt)) === orders,
    OVER_WITHIN_MS,
  );
  const lasts = await eventsSince(shop, stoppedAt);
  const events = [...lasts.values()].reduce((sum, last) => sum + last, 0);
  let slowestMs = 0;
  for (const follower of followers) {
    await untilAllTold(follower, lasts, UNTROUBLED_MS);
    const told = (await follower.told()).filter(({ subject }) => lasts.has(subject));
    slowestMs = told.reduce((slowest, { delayMs }) => Math.max(slowest, delayMs), slowestMs);
  }
  if (slowestMs > UNTROUBLED_MS) broken.push(`an event came elsewhere only after ${seconds(slowestMs)}`);
  if (http.slowestMs > UNTROUBLED_MS) broken.push(`an order was taken only after ${seconds(http.slowestMs)}`);
  const awayFor = seconds(Date.now() - stoppedAt);

  await server.start();
  const back = performance.now();
  followers.push(follow());
  for (const follower of followers) {
    await untilAllTold(follower, lasts, ALL_TOLD_WITHIN_MS);
    const told = (await follower.told()).filter(({ subject }) => lasts.has(subject));
    const disorder = outOfOrder(told);
    if (disorder !== undefined) broken.push(`${disorder} is told out of order by ${follower.name}`);
  }
  const recoveredMs = performance.now() - back;
  const byOthers = messages.map(({ sent }, n) => `${sent} by ${others[n]?.name ?? ''}`).join(' and ');
  const note =
    `${name} was away for ${awayFor}. Meanwhile ${http.sent} orders came by HTTP, each acknowledged within ${seconds(http.slowestMs)}, ${byOthers}; ` +
    `the others had each event within ${seconds(slowestMs)}. It took connections again, and ${seconds(recoveredMs)} later it had all ${events.toLocaleString('en')} events, those of each order in order.`;
  return { note, orders, recoveredMs, broken };
}

/** Orders until each of them hears one as it comes: who has just begun to follow may miss the first. */
async function heardByAll({ api }: Shop, followers: readonly Follower[], key: string): Promise<void> {
  let n = 0;
  await waitThroughFaults('everybody follows', async () => {
    const { orderId } = await api.place(orderOf(n), `${key}-warm-${n}`);
    n += 1;
    await api.reaches(orderId, ['paid']);
    await delay(500);
    for (const follower of followers)
      if (!(await follower.told()).some(({ subject }) => subject === orderId)) return false;
    return true;
  });
}

/** The number of events of each order that was placed since then, Unix milliseconds. */
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

const untilAllTold = (follower: Follower, lasts: Map<string, number>, withinMs: number): Promise<void> =>
  waitThroughFaults(
    `all events by ${follower.name}`,
    async () => missing(await follower.told(), lasts) === 0,
    withinMs,
  );

const orderOf = (n: number) => order('pm_card_visa', `item-${(n % 20) + 1}`);

/** At a steady rate, whatever becomes of those before; resolves when each has its answer. */
async function sendEvery(
  everyMs: number,
  forMs: number,
  send: (n: number) => Promise<unknown>,
): Promise<{ sent: number; slowestMs: number }> {
  const sending: Promise<number>[] = [];
  const begin = performance.now();
  for (let n = 0; performance.now() - begin < forMs; n += 1) {
    const sentAt = performance.now();
    const answered = send(n).then(() => performance.now() - sentAt);
    answered.catch(() => undefined); // told below
    sending.push(answered);
    await delay(Math.max(0, begin + (n + 1) * everyMs - performance.now()));
  }
  const times = await Promise.all(sending);
  return { sent: times.length, slowestMs: Math.max(0, ...times) };
}

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.ceil(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
