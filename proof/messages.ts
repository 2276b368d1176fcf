import type { Context } from 'mocha';
import { trySignal } from '../dev/processes/process-table.ts';
import { freePort } from '../dev/processes/free-port.ts';
import { orderIdOf } from '../src/orders/order-id.ts';
import {
  followKafka,
  followRabbitMq,
  followZeroMq,
  missing,
  outOfOrder,
  type Follower,
} from '../harness/brokers/followers.ts';
import { kafkaClient } from '../harness/brokers/kafka-client.ts';
import { startKafka } from '../harness/brokers/kafka.ts';
import { event, PLACE, raw, type Sender, type TestMessage } from '../harness/brokers/message.ts';
import { rabbitMqClient } from '../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../harness/brokers/rabbitmq.ts';
import { zeroMqClient } from '../harness/brokers/zeromq-client.ts';
import { auditClean } from './audit.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { randomOf } from './random.ts';
import { violationLine } from './report.ts';
import { untilAllOver } from './quiesce.ts';
import { order } from './scenarios.ts';
import { startServers } from './servers.ts';
import { startShop, type Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

export interface MessagesPlan {
  /** Distinct orders by each broker. */
  readonly orders: number;
  /** How often each of the intake, the relay and the brokers is killed. */
  readonly kills: number;
}

const FULL: MessagesPlan = { orders: 5_000, kills: 3 };
const QUICK: MessagesPlan = { orders: 300, kills: 1 };

const DOUBLES = 0.2;
const POISON = 0.01;
/** Of each broker at a time. */
const IN_FLIGHT = 50;
const OVER_WITHIN_MS = 180_000;
const CLIENT = 'development';

/** Orders by every broker, some twice and some broken, while the intake, the relay and the brokers themselves are killed. */
export const messagesPart: Part = {
  name: 'messages',
  run: (context) => runMessages(context, context.quick ? QUICK : FULL),
};

/** What a test would be skipped for, the proof needs. */
export const MUST_RUN = {
  skip() {
    throw new Error('the proof of messages needs RabbitMQ and Kafka');
  },
} as unknown as Context;

export async function runMessages(context: ProofContext, plan: MessagesPlan): Promise<PartResult> {
  const { seed } = context;
  const random = randomOf(seed);
  const [servers, rabbit, kafka] = [
    await startServers(context),
    await startRabbitMq(MUST_RUN),
    await startKafka(MUST_RUN),
  ];
  const [commands, events] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
  const followers: Follower[] = [
    await followRabbitMq(rabbit.url),
    followKafka(kafka.url),
    followZeroMq(commands),
  ];
  const faults: Record<string, number> = {};
  const recoveries: Recovery[] = [];
  const violations: Violation[] = [];
  const broken = (at: string, what: string): void => {
    violations.push({ at, what });
    console.log(violationLine({ at, what }));
  };
  let shop: Shop | undefined;
  let sent = 0;
  try {
    shop = await startShop({
      name: 'messages',
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
    const { beside, pool } = shop;
    const senders: Record<string, Sender> = {
      rabbitmq: await rabbitMqClient(rabbit.url),
      kafka: kafkaClient(kafka.url),
      zeromq: zeroMqClient(commands),
    };
    const posts = Object.entries(senders).map(([name, sender]) => {
      const { messages, ids, poison } = messagesOf(name, seed, plan.orders, random);
      return { name, sender, messages, ids, poison };
    });
    const total = posts.reduce((sum, { messages }) => sum + messages.length, 0);
    const sending = Promise.all(
      posts.map(({ sender, messages }) =>
        sendAll(sender, messages, () => {
          sent += 1;
          if (sent % 200 === 0) context.progress(sent, total, JSON.stringify(faults));
        }),
      ),
    );
    sending.catch(() => undefined); // told below

    const kill = (name: string, pid: number | undefined): void => {
      faults[name] = (faults[name] ?? 0) + 1;
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
    };
    const steps: (() => Promise<void>)[] = [];
    for (let n = 0; n < plan.kills; n += 1) {
      for (const name of ['intake', 'relay'] as const)
        steps.push(() => {
          kill(`${name} killed`, beside[name]?.pid());
          return Promise.resolve();
        });
      for (const [name, server] of [
        ['RabbitMQ', rabbit],
        ['Kafka', kafka],
      ] as const)
        steps.push(async () => {
          kill(`${name} killed`, undefined);
          await server.kill();
          await server.start();
        });
    }
    for (const [n, step] of steps.entries()) {
      const due = (total * (n + 1)) / (steps.length + 2);
      await waitThroughFaults(`${Math.floor(due)} messages are sent`, () => sent >= due, 300_000);
      await step();
    }
    const killedAt = performance.now();
    await sending;

    const ids = posts.flatMap((post) => post.ids);
    const orderIds = ids.map((id) => orderIdOf(CLIENT, id));
    const poison = posts.reduce((sum, post) => sum + post.poison, 0);
    await waitThroughFaults(
      'every order is there',
      async () => (await countOf(pool, 'orders')) >= ids.length,
      OVER_WITHIN_MS,
    );
    await untilAllOver(shop, OVER_WITHIN_MS);
    await waitThroughFaults('every event is told', () => isTold(pool), OVER_WITHIN_MS);
    recoveries.push({ kind: 'the last death, to the end of everything', ms: performance.now() - killedAt });

    const { rows } = await pool.query<{ order_id: string; status: string }>(
      'select order_id, status from orders',
    );
    const found = new Set(rows.map(({ order_id }) => order_id));
    if (rows.length !== ids.length) broken('orders', `${rows.length} orders of ${ids.length} ids`);
    for (const orderId of orderIds) if (!found.has(orderId)) broken('orders', `${orderId} is lost`);
    for (const { order_id, status } of rows)
      if (status !== 'paid') broken('orders', `${order_id} is ${status}`);
    await waitThroughFaults(
      'every poison message is kept',
      async () => (await countOf(pool, 'dead_letters')) >= poison,
      60_000,
    );
    const letters = await countOf(pool, 'dead_letters');
    if (letters !== poison) broken('dead letters', `${letters} for ${poison} poison messages`);
    const committed = await pool.query<{ order_id: string; last: number }>(
      'select order_id, max(sequence)::int as last from order_events group by 1',
    );
    for (const follower of followers) {
      const lasts = new Map(committed.rows.map(({ order_id, last }) => [order_id, last]));
      await waitThroughFaults(
        `all events by ${follower.name}`,
        async () => missing(await follower.told(), lasts) === 0,
        120_000,
      ).catch((error: unknown) => {
        broken(follower.name, String(error));
      });
      const disorder = outOfOrder(await follower.told());
      if (disorder !== undefined) broken(follower.name, `${disorder} is told out of order`);
    }
    for (const what of await auditClean(shop)) broken('the audit', what);
    for (const { sender } of posts) await sender.close();
  } finally {
    for (const follower of followers) await follower.close();
    await shop?.stop();
    await servers.stop();
    await Promise.all([rabbit.stop(), kafka.stop()]);
  }
  return {
    title: 'Orders by message',
    faults,
    orders: 3 * plan.orders,
    recoveries,
    violations,
    notes: [
      `${plan.orders} orders by each of RabbitMQ, Kafka and ZeroMQ, ${DOUBLES * 100} % of them twice, and ${POISON * 100} % poison: one order an id, one dead letter a poison message, and every event of every order by every broker, in its order.`,
    ],
  };
}

type Random = ReturnType<typeof randomOf>;

/** Shuffled: some messages come twice, somewhere. */
function messagesOf(
  broker: string,
  seed: number,
  orders: number,
  random: Random,
): { messages: TestMessage[]; ids: string[]; poison: number } {
  const ids = Array.from({ length: orders }, (_, n) => `${broker}-${seed}-${n}`);
  const placing = ids.map((id, n) => event(PLACE, order('pm_card_visa', `item-${(n % 20) + 1}`), { id }));
  const doubles = placing.filter(() => random.next() < DOUBLES);
  const poison = Array.from({ length: Math.round(orders * POISON) }, (_, n) => {
    const id = `${broker}-${seed}-poison-${n}`;
    return raw(`{"customer": "${id}`, { id, type: PLACE });
  });
  const messages = [...placing, ...doubles, ...poison]
    .map((message) => ({ message, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ message }) => message);
  return { messages, ids, poison: poison.length };
}

async function sendAll(sender: Sender, messages: readonly TestMessage[], onSent: () => void): Promise<void> {
  const queue = messages.values();
  const one = async (): Promise<void> => {
    for (const message of queue) {
      await sender.send(message);
      onSent();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

async function countOf(pool: Shop['pool'], table: 'orders' | 'dead_letters'): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]?.n ?? 0;
}

async function isTold(pool: Shop['pool']): Promise<boolean> {
  const { rows } = await pool.query<{ n: number; behind: number }>(
    `select count(*)::int as n, count(*) filter (where exists (
              select from order_events e where (e.tx, e.position) > (d.tx, d.position)))::int as behind
       from event_destinations d`,
  );
  return rows[0]?.n === 3 && rows[0].behind === 0;
}
