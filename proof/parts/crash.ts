import { findDifferences } from '../orders/audit.ts';
import { describePoint } from '../system/crash-point.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { violationLine } from '../report/report.ts';
import { SHOP_KINDS, type ShopKind } from '../orders/scenario.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import { messageOf } from '../../harness/api/errors.ts';
import {
  casesOf,
  groupsOf,
  retried,
  SCENARIOS,
  scenariosOf,
  type Case,
  type CrashPlan,
} from './crash-cases.ts';
import { crashOnce } from './crash-once.ts';

type Plan = Omit<CrashPlan, 'repeats'>;

const FULL: Plan = { shops: { usual: 2, 'captures later': 1 }, victims: 16, bystanders: 16, tasks: true };
const QUICK: CrashPlan = {
  repeats: 1,
  shops: { usual: 3, 'captures later': 1 },
  victims: 12,
  bystanders: 8,
  tasks: false,
};
const SHIPPING: Pick<Plan, 'shops'> = {
  shops: { ships: 2, 'captures when it ships': 1, 'takes back': 2 },
};

/** Batching is off in the shops of these parts, so that each victim is held alone. */
const GROUP_ACTIVITIES: readonly string[] = ['settleCharges'];
/** Only workflows that a process of 0.2 has started run these. */
const EARLIER_ACTIVITIES: readonly string[] = ['runAudit'];
/** Activities of webhooks belong to no order's workflow, so that no order can be held there: `test/end-to-end/webhooks.long.test.ts` kills their process. */
const WEBHOOK_ACTIVITIES = /^webhooks:/;
/**
 * What only an operator begins: `test/end-to-end/batch-killed.long.test.ts` kills the processes of a batch, and
 * `test/api/paused-provider.test.ts` a worker whose provider is paused.
 */
const OPERATOR_ACTIVITIES: readonly string[] = ['awaitProvider', 'runBatchPage', 'finishBatch'];
/** The steps of the checkout that the workflows of the queue `fulfilment` run. */
const STEPS_OF_FULFILMENT: readonly string[] = ['parkStep', 'resolveStep', 'notify'];

/** A worker process is killed while orders are at exact points: every activity and workflow task, several times. */
export const crashPart: Part = {
  name: 'crash',
  run: (context) =>
    runCrashes(context, 'Crash points', context.quick ? QUICK : { ...FULL, repeats: context.repeats }),
};

/** The same for orders that are shipped, cancelled by line, and returned. */
export const shippingCrashPart: Part = {
  name: 'crash-shipping',
  run: (context) =>
    runCrashes(
      context,
      'Crash points after the payment',
      context.quick ? { ...QUICK, ...SHIPPING } : { ...FULL, ...SHIPPING, repeats: context.repeats },
    ),
};

export async function runCrashes(context: ProofContext, title: string, plan: CrashPlan): Promise<PartResult> {
  const servers = await startServers(context);
  const sites: Site[] = [];
  try {
    const built = await context.built();
    for (const kind of Object.keys(SHOP_KINDS) as ShopKind[])
      for (let n = 1; n <= (plan.shops[kind] ?? 0); n += 1) {
        const { settings, parcelStepMs } = SHOP_KINDS[kind];
        const shop = await startShop({
          name: `${kind.replaceAll(' ', '_')}_${n}`,
          servers,
          built,
          folder: context.folder,
          settings: { CHECKOUT_BATCHING: 'off', ...settings },
          ...(parcelStepMs !== undefined && { parcelStepMs }),
        });
        sites.push({ kind, shop });
      }
    return await crashAll(context, title, sites, plan);
  } finally {
    await Promise.all(sites.map(({ shop }) => shop.stop()));
    await servers.stop();
  }
}

interface Site {
  readonly kind: ShopKind;
  readonly shop: Shop;
}

/** The activities of the process that no scenario reaches, without those at which no order can be held. */
function unreached(activities: readonly string[]): string[] {
  if (activities.length === 0) throw new Error('the process under test has reported no activities');
  // A worker of the queue `fulfilment` knows all steps of the ledger, since it parks its own as the checkout does.
  const isNeverRun = (activity: string): boolean => {
    const [queue, name = ''] = activity.split(':');
    return queue === 'fulfilment' && activities.includes(name) && !STEPS_OF_FULFILMENT.includes(name);
  };
  return activities.filter(
    (activity) =>
      !GROUP_ACTIVITIES.includes(activity) &&
      !EARLIER_ACTIVITIES.includes(activity) &&
      !OPERATOR_ACTIVITIES.includes(activity) &&
      !WEBHOOK_ACTIVITIES.test(activity) &&
      !isNeverRun(activity) &&
      !SCENARIOS.some(({ reaches }) => reaches.includes(activity)),
  );
}

async function crashAll(
  context: ProofContext,
  title: string,
  sites: readonly Site[],
  plan: CrashPlan,
): Promise<PartResult> {
  const [first] = sites;
  if (first === undefined) throw new RangeError('a plan needs at least one shop');
  const missing = unreached(first.shop.apps[0].activities());
  const queues = new Map<ShopKind, Case[][]>();
  let points = 0;
  for (const { kind, shop } of sites) {
    if (queues.has(kind)) continue;
    const cases = await casesOf(shop, scenariosOf(kind), plan);
    points += cases.length;
    queues.set(kind, groupsOf(cases, plan));
  }
  const total = [...queues.values()].reduce((sum, groups) => sum + groups.length, 0);
  const tally = {
    faults: {} as Record<string, number>,
    orders: 0,
    deaths: 0,
    notReached: 0,
    recoveries: [] as Recovery[],
    violations: missing.map((at): Violation => ({ at, what: 'no scenario reaches this activity' })),
  };
  const broken = (violation: Violation): void => {
    tally.violations.push(violation);
    console.log(violationLine(violation));
  };
  let deathsPlanned = 0;
  const work = async ({ kind, shop }: Site): Promise<void> => {
    const queue = queues.get(kind) ?? [];
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      const at = group.map(({ point }) => describePoint(point)).join('; ');
      try {
        const outcome = await crashOnce(shop, group, {
          key: `${context.seed}-${shop.name}-${(deathsPlanned += 1)}`,
          bystanders: plan.bystanders,
          shipping: SHOP_KINDS[kind].parcelStepMs !== undefined,
        });
        tally.deaths += 1;
        tally.orders += group.length + plan.bystanders;
        const { again, abandoned } = retried(outcome.missed);
        tally.notReached += outcome.missed.length;
        if (again.length > 0) queue.push(again);
        for (const { point } of abandoned)
          broken({ at: describePoint(point), what: 'no order ever reached it' });
        tally.recoveries.push(...outcome.recoveries);
        for (const { kind } of outcome.recoveries) tally.faults[kind] = (tally.faults[kind] ?? 0) + 1;
        for (const what of outcome.found) broken({ at, what });
      } catch (error) {
        broken({ at, what: messageOf(error) });
      }
      context.progress(
        tally.deaths,
        Math.max(total, tally.deaths + queue.length),
        `${tally.recoveries.length} crash points`,
      );
    }
  };
  await Promise.all(sites.map(work));
  for (const { shop } of sites)
    tally.violations.push(
      ...(await findDifferences(shop)).map((what) => ({ at: `the end of ${shop.name}`, what })),
    );
  const { faults, orders, deaths, notReached, recoveries, violations } = tally;
  return {
    title,
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${points} crash points, ${plan.repeats} times each, in ${deaths} deaths of a worker process: at each death, up to ${plan.victims} orders were held at a point of their own, and ${plan.bystanders} others were somewhere on their way.`,
      ...(notReached > 0
        ? [`${notReached} times an order did not reach its point in time; another order was placed for it.`]
        : []),
    ],
  };
}
