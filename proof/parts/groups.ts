import { findDifferences } from '../orders/audit.ts';
import { describePoint, MOMENTS, type CrashPoint } from '../system/crash-point.ts';
import { arrive, CHECKOUT_CUSTOMERS, type Placed } from '../orders/load.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { randomOf, type Random } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import { waitUntilAllEnded, wrongEnds } from '../orders/quiesce.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { messageOf } from '../../harness/api/errors.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

/** Where a process with groups dies. `paid`: when so many of the orders are paid and the others are not. */
type GroupPoint = CrashPoint | { readonly kind: 'paid'; readonly orders: number };

export interface GroupsPlan {
  readonly points: readonly GroupPoint[];
  /** How often the process dies at each point. */
  readonly repeats: number;
  /** How many shops run side by side: most of the time is spent waiting for Temporal to notice a death. */
  readonly shops: number;
  /** Orders that are placed at the same time. */
  readonly rush: number;
}

const ACTIVITIES = ['reserveStock', 'settleCharges', 'notify'];
/** A group takes about so many. */
const ACTIVATIONS = 5;
/** From a few orders to nearly all. */
const PAID = [1, 3, 6, 10];

const POINTS: readonly GroupPoint[] = [
  ...ACTIVITIES.flatMap((activity) =>
    MOMENTS.map((moment) => ({ kind: 'activity', activity, moment }) as const),
  ),
  ...Array.from({ length: ACTIVATIONS }, (_, n) => ({ kind: 'task', n: n + 1 }) as const),
  ...PAID.map((orders) => ({ kind: 'paid', orders }) as const),
];

const FULL: Omit<GroupsPlan, 'repeats'> = { points: POINTS, shops: 4, rush: 24 };
const QUICK: GroupsPlan = { points: POINTS, repeats: 1, shops: 3, rush: 24 };

/** A system that takes longer to recover by itself has not recovered. */
const MAX_RECOVERY_MS = 30_000;
const END_TIMEOUT_MS = 120_000;
const PAID_POLL_INTERVAL_MS = 5;

/** A worker process is killed between any two steps of a group of orders, with any number of the orders done. */
export const groupsPart: Part = {
  name: 'groups',
  run: (context) => runGroups(context, context.quick ? QUICK : { ...FULL, repeats: context.repeats }),
};

export async function runGroups(context: ProofContext, plan: GroupsPlan): Promise<PartResult> {
  const random = randomOf(context.seed);
  const queue = Array.from({ length: plan.repeats }, () => plan.points).flat();
  const total = queue.length;
  const faults: Record<string, number> = {};
  const recoveries: Recovery[] = [];
  const violations: Violation[] = [];
  let orders = 0;
  let missed = 0;
  const broken = (violation: Violation): void => {
    violations.push(violation);
    console.log(violationLine(violation));
  };
  const work = async (shop: Shop): Promise<void> => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      const at = describe(point);
      try {
        const key = `${context.seed}-${total - queue.length}`;
        const { ms, found } = await killDuringRush(shop, point, plan.rush, key, random);
        if (ms === undefined) missed += 1;
        else {
          recoveries.push({ kind: at, ms });
          faults[at] = (faults[at] ?? 0) + 1;
        }
        for (const what of found) broken({ at, what });
      } catch (error) {
        broken({ at, what: messageOf(error) });
      }
      orders += plan.rush;
      context.progress(total - queue.length, total, `${orders} orders`);
    }
  };
  const servers = await startServers(context);
  const shops: Shop[] = [];
  try {
    const built = await context.built();
    for (let n = 1; n <= plan.shops; n += 1)
      shops.push(await startShop({ name: `groups_${n}`, servers, built, folder: context.folder }));
    await Promise.all(shops.map(work));
  } finally {
    await Promise.all(shops.map((shop) => shop.stop()));
    await servers.stop();
  }
  for (const point of plan.points.map(describe))
    if (faults[point] === undefined && isCertain(point))
      broken({ at: point, what: 'no group ever reached it' });
  return {
    title: 'Groups of orders',
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${plan.points.length} points in the life of a group, ${plan.repeats} times each: ${plan.rush} orders of every kind are placed at the same time, and the process that has them is killed.`,
      ...(missed > 0 ? [`${missed} times all orders had ended before a group reached the point.`] : []),
    ],
  };
}

interface Outcome {
  /** From the death to the end of the last order; undefined when no process died. */
  readonly ms: number | undefined;
  readonly found: string[];
}

async function killDuringRush(
  shop: Shop,
  point: GroupPoint,
  rush: number,
  key: string,
  random: Random,
): Promise<Outcome> {
  const [app] = shop.apps;
  const since = Math.floor(Date.now() / 1000);
  await app.ready();
  await app.armGroup(point.kind === 'paid' ? undefined : point);
  const death = app.death();
  const arrivals = Array.from({ length: rush }, (_, n) =>
    arrive(shop, `${key}-${n}`, random, CHECKOUT_CUSTOMERS),
  );
  const placed = arrivals.map((arrival) => arrival.placed);
  const allDone = Promise.all(arrivals.map(({ done }) => done));
  const ended = allDone.then(() => waitUntilAllEnded(shop, END_TIMEOUT_MS));
  if (point.kind === 'paid') await killWhenPaid(shop, placed, point.orders, ended);
  const diedAt = await Promise.race([death, ended.then(() => undefined)]);
  await ended;
  const ms = diedAt === undefined ? undefined : Date.now() - diedAt;

  const found = await findDifferences(shop, { since, mailsOf: placed.map(({ orderId }) => orderId) });
  found.push(...(await wrongEnds(shop, placed)));
  if (ms !== undefined && ms > MAX_RECOVERY_MS) found.push(`recovered only after ${Math.round(ms / 1000)} s`);
  return { ms, found };
}

/** Kills the application when so many orders are paid, unless all of them end before. */
async function killWhenPaid(
  { apps: [app], pool }: Shop,
  placed: readonly Placed[],
  orders: number,
  ended: Promise<void>,
): Promise<void> {
  const ids = placed.map(({ orderId }) => orderId);
  const haveEnded = ended.then(() => true);
  const arePaid = async (): Promise<boolean> => {
    const sql = `select from orders where order_id = any($1) and status = 'paid'`;
    return ((await pool.query(sql, [ids])).rowCount ?? 0) >= orders;
  };
  await waitThroughFaults(
    `${orders} orders are paid`,
    async () => (await arePaid()) || Promise.race([haveEnded, Promise.resolve(false)]),
    END_TIMEOUT_MS,
    PAID_POLL_INTERVAL_MS,
  );
  const pid = app.pid();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

const describe = (point: GroupPoint): string =>
  point.kind === 'paid' ? `${point.orders} orders paid` : `group: ${describePoint(point)}`;

/** Groups differ in how many workflow tasks they take, so that a group need not reach a certain one. */
const isCertain = (point: string): boolean => !point.endsWith('workflow task');
