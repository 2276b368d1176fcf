import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startFreezableProxy } from '../../harness/freezable-proxy.ts';
import {
  followRabbitMq,
  missing,
  outOfOrder,
  subscribeToZeroMq,
  type Follower,
} from '../../harness/brokers/followers.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';
import { findDifferences } from '../orders/audit.ts';
import { waitUntilAllEnded } from '../orders/quiesce.ts';
import { orderRequest, place, reaches } from '../orders/requests.ts';
import { seconds, sendEvery } from '../orders/steady.ts';
import { violationLine } from '../report/report.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { startSlowLists } from '../system/slow-lists.ts';
import type { Part, ProofContext } from './part.ts';

export interface SlowNeighbourPlan {
  /** How long a transaction stays open. The other neighbours are slow for a fifth of it, or for ten seconds. Milliseconds. */
  readonly holdMs: number;
  /** By HTTP. */
  readonly ordersPerSecond: number;
}

const FULL: SlowNeighbourPlan = { holdMs: 300_000, ordersPerSecond: 10 };
const QUICK: SlowNeighbourPlan = { holdMs: 10_000, ordersPerSecond: 5 };

/** However slow a neighbour is, an event arrives within this time by every way that does not lead through it. */
const MAX_EVENT_DELAY_MS = 1_000;
/** And an order is acknowledged. */
const MAX_ACKNOWLEDGE_MS = 1_000;
/** Longer than the first attempt to send a mail may take. */
const SMTP_DELAY_MS = 3_000;
const LIST_DELAY_MS = 4_000;
/** The other neighbours are slow for this part of the hold … */
const OTHERS_SHARE = 0.2;
/** … and not for less than this, or than the hold: a mail has to wait for several answers. Milliseconds. */
const MIN_OTHERS_MS = 10_000;
const END_TIMEOUT_MS = 300_000;

/**
 * A transaction that somebody keeps open, a broker that does not answer, a mail server and a payment provider that take their time: while one of
 * them is slow, orders and events go on as if it were not there.
 */
export const slowNeighbourPart: Part = {
  name: 'slow-neighbour',
  run: (context) => {
    const plan = context.quick ? QUICK : FULL;
    return runSlowNeighbours(context, { ...plan, holdMs: context.holdMs ?? plan.holdMs });
  },
};

interface Neighbour {
  readonly name: string;
  /** Milliseconds. */
  readonly holdMs: number;
  /** Makes it slow. The result makes it fast again. */
  readonly hold: () => Promise<() => Promise<void>>;
  /** Checks that hold for this neighbour alone, when it is fast again. Returns what was broken, and what a reader has to know. */
  readonly afterwards?: (orders: Orders) => Promise<{ broken: readonly string[]; note: string }>;
}

/** The orders that were placed while a neighbour was slow, and how many events each of them has. */
type Orders = ReadonlyMap<string, number>;

export async function runSlowNeighbours(
  context: ProofContext,
  { holdMs, ordersPerSecond }: SlowNeighbourPlan,
): Promise<PartResult> {
  const [servers, rabbit] = [await startServers(context), await startRabbitMq()];
  const rabbitPort = Number(new URL(rabbit.url).port);
  const broker = await startFreezableProxy(rabbitPort);
  const rabbitUrl = new URL(rabbit.url);
  rabbitUrl.port = String(broker.port);
  const closers: (() => Promise<unknown>)[] = [() => broker.close()];
  const proxies: {
    mailServer?: Awaited<ReturnType<typeof startFreezableProxy>>;
    lists?: Awaited<ReturnType<typeof startSlowLists>>;
  } = {};
  const violations: Violation[] = [];
  const recoveries: Recovery[] = [];
  const notes: string[] = [];
  const faults: Record<string, number> = {};
  let orders = 0;
  try {
    const shop = await startShop({
      name: 'slow_neighbour',
      servers,
      built: await context.built(),
      folder: context.folder,
      otherProcesses: { relay: 'relay,intake' },
      settings: { CHECKOUT_ROLES: 'api,checkout,notifications,fulfilment', AMQP_URL: rabbitUrl.href },
      usesZeroMq: true,
      async route(upstream, port) {
        if (upstream === 'smtp') return (proxies.mailServer ??= await startFreezableProxy(port)).port;
        if (upstream === 'sandbox') return (proxies.lists ??= await startSlowLists(port)).port;
        return port;
      },
    });
    const { mailServer, lists } = proxies;
    if (!mailServer || !lists)
      throw new Error('the shop reaches its mail server and its provider by no proxy');
    closers.push(
      () => mailServer.close(),
      () => lists.close(),
      () => shop.stop(),
    );
    const byZeroMq = subscribeToZeroMq(shop.zeroMq.events);
    const byRabbit = await followRabbitMq(rabbit.url);
    closers.push(
      () => byZeroMq.close(),
      () => byRabbit.close(),
    );
    const others = Math.max(holdMs * OTHERS_SHARE, Math.min(holdMs, MIN_OTHERS_MS));

    const neighbours: Neighbour[] = [
      { name: 'an open transaction', holdMs, hold: () => holdTransaction(shop) },
      {
        name: 'a broker that does not answer',
        holdMs: others,
        hold() {
          broker.freeze();
          return Promise.resolve(() => {
            broker.thaw();
            return Promise.resolve();
          });
        },
        async afterwards(placed) {
          const startedAt = performance.now();
          await waitUntilReceived(byRabbit, placed);
          const disorder = outOfOrder(
            (await byRabbit.received()).filter(({ subject }) => placed.has(subject)),
          );
          return {
            broken: disorder === undefined ? [] : [`${disorder} came out of order by rabbitmq`],
            note: `The broker had all of them ${seconds(performance.now() - startedAt)} after it answered again.`,
          };
        },
      },
      {
        name: 'a slow mail server',
        holdMs: others,
        hold() {
          mailServer.delayAnswers(SMTP_DELAY_MS);
          return Promise.resolve(() => {
            mailServer.delayAnswers(0);
            return Promise.resolve();
          });
        },
        async afterwards(placed) {
          await waitUntilAllEnded(shop, END_TIMEOUT_MS);
          return { broken: await wrongMails(shop, placed), note: 'Each of their mails arrived once.' };
        },
      },
      {
        name: 'slow lists of the provider',
        holdMs: others,
        async hold() {
          lists.delayLists(LIST_DELAY_MS);
          await shop.api.startAudit();
          return () => {
            lists.delayLists(0);
            return Promise.resolve();
          };
        },
        afterwards: () =>
          Promise.resolve({
            broken: lists.delayed() > 0 ? [] : ['the audit asked for no list meanwhile'],
            note: `An audit ran meanwhile; ${lists.delayed()} of its pages took ${seconds(LIST_DELAY_MS)} longer.`,
          }),
      },
    ];
    await waitUntilFollowing(shop, byZeroMq, context.seed);
    for (const [n, neighbour] of neighbours.entries()) {
      const result = await runNeighbour(shop, neighbour, byZeroMq, `${context.seed}-${n}`, ordersPerSecond);
      orders += result.orders;
      faults[neighbour.name] = 1;
      recoveries.push({ kind: neighbour.name, ms: result.recoveredMs });
      notes.push(result.note);
      for (const what of result.broken) {
        violations.push({ at: neighbour.name, what });
        console.log(violationLine({ at: neighbour.name, what }));
      }
      context.progress(n + 1, neighbours.length, result.note);
    }
    await waitUntilAllEnded(shop, END_TIMEOUT_MS);
    for (const what of await findDifferences(shop)) violations.push({ at: 'the audit', what });
  } finally {
    for (const close of closers.reverse()) await close();
    await servers.stop();
    await rabbit.stop();
  }
  return { title: 'A slow neighbour', faults, orders, recoveries, violations, notes };
}

async function runNeighbour(
  shop: Shop,
  { name, holdMs, hold, afterwards }: Neighbour,
  follower: Follower,
  key: string,
  ordersPerSecond: number,
): Promise<{ note: string; orders: number; recoveredMs: number; broken: string[] }> {
  const placed: string[] = [];
  const makeFast = await hold();
  const heldSince = performance.now();
  const { sent, slowestMs } = await sendEvery(1_000 / ordersPerSecond, holdMs, async (n) => {
    const { orderId } = await place(
      shop.api,
      orderRequest('pm_card_visa', `item-${(n % 20) + 1}`),
      `${key}-${n}`,
    );
    placed.push(orderId);
  });
  // Still while it is slow.
  await waitThroughFaults(`${sent} orders are paid`, () => areAllPaid(shop, placed), END_TIMEOUT_MS);
  const orders = await eventCountsOf(shop, placed);
  await waitUntilReceived(follower, orders);
  const events = (await follower.received()).filter(({ subject }) => orders.has(subject));
  const slowestEventMs = events.reduce((slowest, { delayMs }) => Math.max(slowest, delayMs), 0);
  const heldFor = performance.now() - heldSince;
  await makeFast();

  const fastSince = performance.now();
  const { broken: others = [], note: otherNote = '' } = (await afterwards?.(orders)) ?? {};
  const recoveredMs = performance.now() - fastSince;
  const broken = [...others];
  if (slowestEventMs > MAX_EVENT_DELAY_MS) broken.push(`an event came only after ${seconds(slowestEventMs)}`);
  if (slowestMs > MAX_ACKNOWLEDGE_MS)
    broken.push(`an order was acknowledged only after ${seconds(slowestMs)}`);
  const disorder = outOfOrder(events);
  if (disorder !== undefined) broken.push(`${disorder} came out of order by ${follower.name}`);
  const note =
    `With ${name} for ${seconds(heldFor)}, ${sent} orders were acknowledged within ${seconds(slowestMs)} and paid, ` +
    `and each of their ${events.length.toLocaleString('en')} events arrived within ${seconds(slowestEventMs)}. ${otherNote}`;
  return { note: note.trim(), orders: sent, recoveredMs, broken };
}

/** A session whose transaction has a number, as one that has written something and does not end. */
async function holdTransaction({ databaseUrl }: Shop): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

/** Places orders until the follower has received one: a follower that has just subscribed may miss the first. */
async function waitUntilFollowing({ api }: Shop, follower: Follower, seed: number): Promise<void> {
  let n = 0;
  await waitThroughFaults('the follower receives events', async () => {
    const { orderId } = await place(api, orderRequest('pm_card_visa'), `${seed}-warm-${n}`);
    n += 1;
    await reaches(api, orderId, ['paid']);
    await delay(500);
    return (await follower.received()).some(({ subject }) => subject === orderId);
  });
}

const waitUntilReceived = (follower: Follower, orders: Orders): Promise<void> =>
  waitThroughFaults(
    `all events by ${follower.name}`,
    async () => missing(await follower.received(), orders) === 0,
    END_TIMEOUT_MS,
  );

async function areAllPaid({ pool }: Shop, orderIds: readonly string[]): Promise<boolean> {
  const { rowCount } = await pool.query(`select from orders where order_id = any($1) and status = 'paid'`, [
    orderIds,
  ]);
  return rowCount === orderIds.length;
}

async function eventCountsOf({ pool }: Shop, orderIds: readonly string[]): Promise<Orders> {
  const { rows } = await pool.query<{ order_id: string; last_sequence: number }>(
    'select order_id, last_sequence from orders where order_id = any($1)',
    [orderIds],
  );
  return new Map(rows.map(({ order_id, last_sequence }) => [order_id, last_sequence]));
}

/** Orders whose two mails did not arrive once each. */
async function wrongMails({ provider }: Shop, orders: Orders): Promise<string[]> {
  const wrong: string[] = [];
  for (const orderId of orders.keys()) {
    const mails = await provider.mails(orderId);
    if (mails.length !== 2 || new Set(mails).size !== 2) wrong.push(`${orderId} has ${mails.length} mails`);
  }
  return wrong;
}
