import { setTimeout as delay } from 'node:timers/promises';
import { trySignal } from '../dev/processes/process-table.ts';
import { auditClean } from './audit.ts';
import { killWithChildren } from './fault-kinds.ts';
import { arrive, type Placed } from './load.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { randomOf, type Random } from './random.ts';
import { violationLine } from './report.ts';
import { untilAllOver, wrongEnds } from './quiesce.ts';
import { startServers, type Servers } from './servers.ts';
import { startShop, type Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

export interface BlackoutPlan {
  /** Customers who come in the same instant. */
  readonly rush: number;
  /** Everything dies when so many of their orders are paid. */
  readonly whenPaid: readonly number[];
}

const FULL: BlackoutPlan = { rush: 500, whenPaid: [0, 20, 100, 200, 300] };
const QUICK: BlackoutPlan = { rush: 100, whenPaid: [20] };

const HEALED_WITHIN_MS = 90_000;
/** With none paid: long enough that some orders have been taken on. */
const FIRST_MS = 150;
const PAID_POLL_MS = 5;
const MAILS_CHECKED = 100;

/** Hundreds of orders in flight, and everything is killed in the same instant, as by a power cut. */
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
      `${rush} customers come in the same instant, as many orders are in flight, and every process is killed when ${whenPaid.join(', ')} of them are paid.`,
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
  /** From the death to the end of the last order. */
  ms: number;
  found: string[];
}> {
  const since = Math.floor(Date.now() / 1000);
  const arrivals = Array.from({ length: rush }, (_, n) => arrive(shop, `${key}-${n}`, random));
  const placed = arrivals.map((arrival) => arrival.placed);
  const allDone = Promise.all(arrivals.map(({ done }) => done));
  allDone.catch(() => undefined); // told below
  await (paid === 0 ? delay(FIRST_MS) : untilPaid(shop, placed, paid));
  killAll(servers, shop);
  const diedAt = performance.now();
  await servers.up();
  await allDone;
  await untilAllOver(shop, 2 * HEALED_WITHIN_MS);
  const ms = performance.now() - diedAt;

  const found = await auditClean(shop, {
    since,
    mailsOf: placed.slice(-MAILS_CHECKED).map(({ orderId }) => orderId),
  });
  found.push(...(await wrongEnds(shop, placed)));
  if (ms > HEALED_WITHIN_MS) found.push(`healed only after ${Math.round(ms / 1000)} s`);
  return { ms, found };
}

const untilPaid = ({ pool }: Shop, placed: readonly Placed[], count: number): Promise<void> =>
  waitThroughFaults(
    `${count} orders are paid`,
    async () => {
      const sql = `select from orders where order_id = any($1) and status = 'paid'`;
      const { rowCount } = await pool.query(sql, [placed.map(({ orderId }) => orderId)]);
      return (rowCount ?? 0) >= count;
    },
    HEALED_WITHIN_MS,
    PAID_POLL_MS,
  );

function killAll(servers: Servers, { apps, sandbox }: Shop): void {
  const alone = [...apps, sandbox].map((app) => app.pid());
  const temporal = servers.pid('Temporal');
  const postgres = servers.pid('PostgreSQL');
  for (const pid of [...alone, temporal]) if (pid !== undefined) trySignal(pid, 'SIGKILL');
  if (postgres !== undefined) killWithChildren(postgres);
}
