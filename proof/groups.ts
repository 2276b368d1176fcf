import { auditClean } from './audit.ts';
import { describePoint, MOMENTS, type CrashPoint } from './crash-point.ts';
import { arrive, type Placed } from './load.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { randomOf, type Random } from './random.ts';
import { violationLine } from './report.ts';
import { untilAllOver, wrongEnds } from './quiesce.ts';
import { startServers } from './servers.ts';
import { startShop, type Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

/** Where a process dies that carries groups; `paid`: when so many of the orders that have come are paid, and the others not. */
type GroupPoint = CrashPoint | { readonly kind: 'paid'; readonly orders: number };

export interface GroupsPlan {
  readonly points: readonly GroupPoint[];
  /** How often the process dies at each point. */
  readonly repeats: number;
  /** Shops side by side: much of the time goes by in waiting for Temporal to notice the death. */
  readonly lanes: number;
  /** Orders that come at the same instant. */
  readonly rush: number;
}

const ACTIVITIES = ['reserveStock', 'settleCharges', 'notify'];
/** A group has about so many. */
const ACTIVATIONS = 5;
/** Few of them, and nearly all. */
const PAID = [1, 3, 6, 10];

const POINTS: readonly GroupPoint[] = [
  ...ACTIVITIES.flatMap((activity) =>
    MOMENTS.map((moment) => ({ kind: 'activity', activity, moment }) as const),
  ),
  ...Array.from({ length: ACTIVATIONS }, (_, n) => ({ kind: 'task', n: n + 1 }) as const),
  ...PAID.map((orders) => ({ kind: 'paid', orders }) as const),
];

const FULL: Omit<GroupsPlan, 'repeats'> = { points: POINTS, lanes: 4, rush: 24 };
const QUICK: GroupsPlan = { points: POINTS, repeats: 1, lanes: 3, rush: 24 };

/** A system that has not healed by itself by then has not healed. */
export const HEALED_WITHIN_MS = 30_000;
const OVER_WITHIN_MS = 120_000;
const PAID_POLL_MS = 5;

/** A worker process dies by kill -9 between any two steps of a group of orders, with any part of them done. */
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
        const { ms, found } = await rushAndDie(shop, point, plan.rush, key, random);
        if (ms === undefined) missed += 1;
        else {
          recoveries.push({ kind: at, ms });
          faults[at] = (faults[at] ?? 0) + 1;
        }
        for (const what of found) broken({ at, what });
      } catch (error) {
        broken({ at, what: error instanceof Error ? error.message : String(error) });
      }
      orders += plan.rush;
      context.progress(total - queue.length, total, `${orders} orders`);
    }
  };
  const servers = await startServers(context);
  const shops: Shop[] = [];
  try {
    const built = await context.built();
    for (let n = 1; n <= plan.lanes; n += 1)
      shops.push(await startShop({ name: `groups_${n}`, servers, built, folder: context.folder }));
    await Promise.all(shops.map(work));
  } finally {
    await Promise.all(shops.map((shop) => shop.stop()));
    await servers.stop();
  }
  for (const point of plan.points.map(describe))
    if (faults[point] === undefined && isCertain(point))
      broken({ at: point, what: 'no group was ever there' });
  return {
    title: 'Groups of orders',
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${plan.points.length} points in the life of a group, ${plan.repeats} times each: ${plan.rush} orders of every kind come at the same instant, and the process that has them dies.`,
      ...(missed > 0
        ? [`${missed} times all orders were at their end before any group had come to the point.`]
        : []),
    ],
  };
}

interface Outcome {
  /** From the death to the end of the last order; undefined: nothing has died. */
  readonly ms: number | undefined;
  readonly found: string[];
}

async function rushAndDie(
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
  const arrivals = Array.from({ length: rush }, (_, n) => arrive(shop, `${key}-${n}`, random));
  const placed = arrivals.map((arrival) => arrival.placed);
  const allDone = Promise.all(arrivals.map(({ done }) => done));
  const over = allDone.then(() => untilAllOver(shop, OVER_WITHIN_MS));
  if (point.kind === 'paid') await killWhenPaid(shop, placed, point.orders, over);
  const diedAt = await Promise.race([death, over.then(() => undefined)]);
  await over;
  const ms = diedAt === undefined ? undefined : Date.now() - diedAt;

  const found = await auditClean(shop, { since, mailsOf: placed.map(({ orderId }) => orderId) });
  found.push(...(await wrongEnds(shop, placed)));
  if (ms !== undefined && ms > HEALED_WITHIN_MS) found.push(`healed only after ${Math.round(ms / 1000)} s`);
  return { ms, found };
}

/** Unless they are all at their end before. */
async function killWhenPaid(
  { apps: [app], pool }: Shop,
  placed: readonly Placed[],
  orders: number,
  over: Promise<void>,
): Promise<void> {
  const ids = placed.map(({ orderId }) => orderId);
  const isOver = over.then(() => true);
  const arePaid = async (): Promise<boolean> => {
    const sql = `select from orders where order_id = any($1) and status = 'paid'`;
    return ((await pool.query(sql, [ids])).rowCount ?? 0) >= orders;
  };
  await waitThroughFaults(
    `${orders} orders are paid`,
    async () => (await arePaid()) || Promise.race([isOver, Promise.resolve(false)]),
    OVER_WITHIN_MS,
    PAID_POLL_MS,
  );
  const pid = app.pid();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

const describe = (point: GroupPoint): string =>
  point.kind === 'paid' ? `${point.orders} orders paid` : `group: ${describePoint(point)}`;

/** Of a workflow task too few is known to insist: one group may take one less than another. */
const isCertain = (point: string): boolean => !point.endsWith('workflow task');
