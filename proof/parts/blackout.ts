import { setTimeout as delay } from 'node:timers/promises';
import { trySignal } from '../../dev/processes/process-table.ts';
import { findDifferences } from '../orders/audit.ts';
import { killWithChildren } from './fault-kinds.ts';
import { arrive, SHIPPING_SHOP, type Placed } from '../orders/load.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { randomOf, type Random } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import { waitUntilAllEnded, wrongEnds } from '../orders/quiesce.ts';
import { startServers, type Servers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

export interface BlackoutPlan {
  /** Customers who order at the same time. */
  readonly rush: number;
  /** Everything is killed when so many of their orders are paid. */
  readonly whenPaid: readonly number[];
}

const FULL: BlackoutPlan = { rush: 500, whenPaid: [0, 20, 100, 200, 300] };
const QUICK: BlackoutPlan = { rush: 100, whenPaid: [20] };

/** With the minute after which a label is tracked whose purchase was not recorded before the kill. */
const MAX_RECOVERY_MS = 150_000;
/** When no order has to be paid first: long enough for some orders to be accepted. */
const ACCEPTED_MS = 150;
const PAID_POLL_INTERVAL_MS = 5;
const MAILS_CHECKED = 100;

/** Every process is killed at the same time, as by a power cut, with hundreds of orders in flight. */
export const blackoutPart: Part = {
  name: 'blackout',
  run: (context) => runBlackouts(context, context.quick ? QUICK : FULL),
};

export async function runBlackouts(context: ProofContext, plan: BlackoutPlan): Promise<PartResult> {
  const { rush, whenPaid } = plan;
  const random = randomOf(context.seed);
  const recoveries: Recovery[] = [];
  const violations: Violation[] = [];
  const kind = 'application, PostgreSQL, Temporal and provider killed at once';
  const servers = await startServers(context);
  let shop: Shop | undefined;
  try {
    shop = await startShop({
      name: 'blackout',
      servers,
      built: await context.built(),
      folder: context.folder,
      workers: 2,
      ...SHIPPING_SHOP,
    });
    for (const [n, paid] of whenPaid.entries()) {
      const { ms, found } = await blackout({
        servers,
        shop,
        paid,
        rush,
        key: `${context.seed}-${n}`,
        random,
      });
      recoveries.push({ kind, ms });
      for (const what of found) {
        const violation = { at: `everything killed with ${paid} of ${rush} paid`, what };
        violations.push(violation);
        console.log(violationLine(violation));
      }
      context.progress(n + 1, whenPaid.length, `${(n + 1) * rush} orders`);
    }
  } finally {
    await shop?.stop();
    await servers.stop();
  }
  return {
    title: 'Everything at once',
    faults: { [kind]: whenPaid.length },
    orders: rush * whenPaid.length,
    recoveries,
    violations,
    notes: [
      `${rush} customers order at the same time, and every process is killed when ${whenPaid.join(', ')} of the orders are paid. Every fifth order is shipped and has ended when its parcel was delivered; a label whose purchase was not recorded is tracked a minute later.`,
    ],
  };
}

interface Blackout {
  readonly servers: Servers;
  readonly shop: Shop;
  readonly paid: number;
  readonly rush: number;
  readonly key: string;
  readonly random: Random;
}

async function blackout({ servers, shop, paid, rush, key, random }: Blackout): Promise<{
  /** From the kill to the end of the last order. */
  ms: number;
  found: string[];
}> {
  const since = Math.floor(Date.now() / 1000);
  const arrivals = Array.from({ length: rush }, (_, n) => arrive(shop, `${key}-${n}`, random));
  const placed = arrivals.map((arrival) => arrival.placed);
  const allDone = Promise.all(arrivals.map(({ done }) => done));
  allDone.catch(() => undefined); // awaited below
  await (paid === 0 ? delay(ACCEPTED_MS) : waitUntilPaid(shop, placed, paid));
  killAll(servers, shop);
  const diedAt = performance.now();
  await servers.up();
  await allDone;
  await waitUntilAllEnded(shop, 2 * MAX_RECOVERY_MS);
  const ms = performance.now() - diedAt;

  const found = await findDifferences(shop, {
    since,
    mailsOf: placed.slice(-MAILS_CHECKED).map(({ orderId }) => orderId),
  });
  found.push(...(await wrongEnds(shop, placed)));
  if (ms > MAX_RECOVERY_MS) found.push(`recovered only after ${Math.round(ms / 1000)} s`);
  return { ms, found };
}

const waitUntilPaid = ({ pool }: Shop, placed: readonly Placed[], count: number): Promise<void> =>
  waitThroughFaults(
    `${count} orders are paid`,
    async () => {
      const sql = `select from orders where order_id = any($1) and status = 'paid'`;
      const { rowCount } = await pool.query(sql, [placed.map(({ orderId }) => orderId)]);
      return (rowCount ?? 0) >= count;
    },
    MAX_RECOVERY_MS,
    PAID_POLL_INTERVAL_MS,
  );

function killAll(servers: Servers, { apps, sandbox }: Shop): void {
  const single = [...apps, sandbox].map((app) => app.pid());
  const temporal = servers.pid('Temporal');
  const postgres = servers.pid('PostgreSQL');
  for (const pid of [...single, temporal]) if (pid !== undefined) trySignal(pid, 'SIGKILL');
  if (postgres !== undefined) killWithChildren(postgres);
}
