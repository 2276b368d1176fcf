import { trySignal } from '../../dev/processes/process-table.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import {
  followKafka,
  followRabbitMq,
  followZeroMq,
  missing,
  outOfOrder,
  type Follower,
} from '../../harness/brokers/followers.ts';
import { kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { event, keyOf, PLACE, raw, type Sender, type TestMessage } from '../../harness/brokers/message.ts';
import { rabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { findDifferences } from '../orders/audit.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { randomOf } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import { waitUntilAllEnded } from '../orders/quiesce.ts';
import { orderRequest } from '../orders/requests.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

export interface MessagesPlan {
  /** How many orders come by each broker. */
  readonly orders: number;
  /** How often the intake, the relay and each broker are killed. */
  readonly kills: number;
}

const FULL: MessagesPlan = { orders: 5_000, kills: 3 };
const QUICK: MessagesPlan = { orders: 300, kills: 1 };

/** The shares of messages that are sent twice, and that cannot be read. */
const DUPLICATES = 0.2;
const POISON = 0.01;
/** How many messages are sent to each broker at a time. */
const MAX_CONCURRENT_MESSAGES = 50;
const END_TIMEOUT_MS = 180_000;
const CLIENT = 'development';

/** Orders come by every broker, some twice and some unreadable, while the intake, the relay and the brokers are killed. */
export const messagesPart: Part = {
  name: 'messages',
  run: (context) => runMessages(context, context.quick ? QUICK : FULL),
};

export async function runMessages(context: ProofContext, plan: MessagesPlan): Promise<PartResult> {
  const { seed } = context;
  const random = randomOf(seed);
  const [servers, rabbit, kafka] = [await startServers(context), await startRabbitMq(), await startKafka()];
  const followers: Follower[] = [await followRabbitMq(rabbit.url), followKafka(kafka.url)];
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
      otherProcesses: { intake: 'intake', relay: 'relay' },
      settings: {
        CHECKOUT_ROLES: 'api,checkout,notifications',
        AMQP_URL: rabbit.url,
        KAFKA_BROKERS: kafka.url,
      },
      usesZeroMq: true,
    });
    const { otherProcesses, pool, zeroMq } = shop;
    followers.push(followZeroMq(zeroMq.commands));
    const senders: Record<string, Sender> = {
      rabbitmq: await rabbitMqClient(rabbit.url),
      kafka: kafkaClient(kafka.url),
      zeromq: zeroMqClient(zeroMq.commands),
    };
    const batches = Object.entries(senders).map(([name, sender]) => {
      const { messages, ids, poison } = messagesOf(name, seed, plan.orders, random);
      return { name, sender, messages, ids, poison };
    });
    const total = batches.reduce((sum, { messages }) => sum + messages.length, 0);
    const sending = Promise.all(
      batches.map(({ sender, messages }) =>
        sendAll(sender, messages, () => {
          sent += 1;
          if (sent % 200 === 0) context.progress(sent, total, JSON.stringify(faults));
        }),
      ),
    );
    sending.catch(() => undefined); // awaited below

    const kill = (name: string, pid: number | undefined): void => {
      faults[name] = (faults[name] ?? 0) + 1;
      if (pid !== undefined) trySignal(pid, 'SIGKILL');
    };
    const steps: (() => Promise<void>)[] = [];
    for (let n = 0; n < plan.kills; n += 1) {
      for (const name of ['intake', 'relay'] as const)
        steps.push(() => {
          kill(`${name} killed`, otherProcesses[name]?.pid());
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

    const ids = batches.flatMap(({ ids: own }) => own);
    const orderIds = ids.map((id) => orderIdOf(CLIENT, keyOf(id)));
    const poison = batches.reduce((sum, batch) => sum + batch.poison, 0);
    await waitThroughFaults(
      'every order is placed',
      async () => (await countOf(pool, 'orders')) >= ids.length,
      END_TIMEOUT_MS,
    );
    await waitUntilAllEnded(shop, END_TIMEOUT_MS);
    await waitThroughFaults('every event is delivered', () => isDelivered(pool), END_TIMEOUT_MS);
    recoveries.push({
      kind: 'from the last kill to the end of everything',
      ms: performance.now() - killedAt,
    });

    const { rows } = await pool.query<{ order_id: string; status: string }>(
      'select order_id, status from orders',
    );
    const found = new Set(rows.map(({ order_id }) => order_id));
    if (rows.length !== ids.length) broken('orders', `${rows.length} orders of ${ids.length} ids`);
    for (const orderId of orderIds) if (!found.has(orderId)) broken('orders', `${orderId} is lost`);
    for (const { order_id, status } of rows)
      if (status !== 'paid') broken('orders', `${order_id} is ${status}`);
    await waitThroughFaults(
      'every unreadable message is a dead letter',
      async () => (await countOf(pool, 'dead_letters')) >= poison,
      60_000,
    );
    const letters = await countOf(pool, 'dead_letters');
    if (letters !== poison) broken('dead letters', `${letters} for ${poison} unreadable messages`);
    const committed = await pool.query<{ order_id: string; last: number }>(
      'select order_id, max(sequence)::int as last from order_events group by 1',
    );
    for (const follower of followers) {
      const lasts = new Map(committed.rows.map(({ order_id, last }) => [order_id, last]));
      await waitThroughFaults(
        `all events by ${follower.name}`,
        async () => missing(await follower.received(), lasts) === 0,
        120_000,
      ).catch((error: unknown) => {
        broken(follower.name, String(error));
      });
      const disorder = outOfOrder(await follower.received());
      if (disorder !== undefined) broken(follower.name, `${disorder} came out of order`);
    }
    for (const what of await findDifferences(shop)) broken('the audit', what);
    for (const { sender } of batches) await sender.close();
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
      `${plan.orders} orders by each of RabbitMQ, Kafka and ZeroMQ, ${DUPLICATES * 100} % of them sent twice, and ${POISON * 100} % unreadable messages: one order for each id, one dead letter for each unreadable message, and every event of every order by every broker, in order.`,
    ],
  };
}

type Random = ReturnType<typeof randomOf>;

/** All messages of one broker, shuffled; some occur twice. */
function messagesOf(
  broker: string,
  seed: number,
  orders: number,
  random: Random,
): { messages: TestMessage[]; ids: string[]; poison: number } {
  const ids = Array.from({ length: orders }, (_, n) => `${broker}-${seed}-${n}`);
  const placing = ids.map((id, n) =>
    event(PLACE, orderRequest('pm_card_visa', `item-${(n % 20) + 1}`), { id }),
  );
  const duplicates = placing.filter(() => random.next() < DUPLICATES);
  const poison = Array.from({ length: Math.round(orders * POISON) }, (_, n) => {
    const id = `${broker}-${seed}-poison-${n}`;
    return raw(`{"customer": "${id}`, { id, type: PLACE });
  });
  const messages = [...placing, ...duplicates, ...poison]
    .map((message) => ({ message, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ message }) => message);
  return { messages, ids, poison: poison.length };
}

async function sendAll(sender: Sender, messages: readonly TestMessage[], onSent: () => void): Promise<void> {
  const queue = messages.values();
  const sendNext = async (): Promise<void> => {
    for (const message of queue) {
      await sender.send(message);
      onSent();
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_MESSAGES }, sendNext));
}

async function countOf(pool: Shop['pool'], table: 'orders' | 'dead_letters'): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]?.n ?? 0;
}

async function isDelivered(pool: Shop['pool']): Promise<boolean> {
  const { rows } = await pool.query<{ n: number; behind: number }>(
    `select count(*)::int as n, count(*) filter (where exists (
              select from order_events e where e.tx is null or (e.tx, e.position) > (d.tx, d.position)))::int as behind
       from event_destinations d`,
  );
  return rows[0]?.n === 3 && rows[0].behind === 0;
}
