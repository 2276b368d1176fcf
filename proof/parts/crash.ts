import { findDifferences } from '../orders/audit.ts';
import { describePoint } from '../system/crash-point.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { violationLine } from '../report/report.ts';
import { SCENARIOS } from '../orders/scenarios.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop, type ShopOptions } from '../system/shop.ts';
import { messageOf } from '../../harness/api/errors.ts';
import { casesOf, groupsOf, retried, scenariosOf, type Case, type CrashPlan } from './crash-cases.ts';
import { crashOnce } from './crash-once.ts';

const FULL: Omit<CrashPlan, 'repeats'> = { shops: 2, victims: 16, bystanders: 16, tasks: true };
const QUICK: CrashPlan = { repeats: 1, shops: 3, victims: 12, bystanders: 8, tasks: false };

/** Batching is off in the shops of this part, so that each victim is held alone. */
const GROUP_ACTIVITIES: readonly string[] = ['settleCharges'];
/**
 * The activities of webhooks belong to no order's workflow, so that no order can be held there: `test/end-to-end/webhooks.test.ts` kills
 * their process. The orders of this part have no address, so that nothing ships them:
 * `test/end-to-end/shipping.long.test.ts` kills every process while orders are shipped.
 */
const NOT_CRASHED = /^(webhooks|fulfilment):/;

/** A worker process is killed while orders are at exact points: every activity and workflow task, several times. */
export const crashPart: Part = {
  name: 'crash',
  run: (context) => runCrashes(context, context.quick ? QUICK : { ...FULL, repeats: context.repeats }),
};

export async function runCrashes(context: ProofContext, plan: CrashPlan): Promise<PartResult> {
  const servers = await startServers(context);
  const shops: Shop[] = [];
  try {
    const built = await context.built();
    const start = async (name: string, settings: ShopOptions['settings'] = {}): Promise<Shop> => {
      const unbatched = { CHECKOUT_BATCHING: 'off', ...settings };
      const shop = await startShop({ name, servers, built, folder: context.folder, settings: unbatched });
      shops.push(shop);
      return shop;
    };
    const capturesLater = await start('captures_later', { PAYMENT_CAPTURE: 'later' });
    const usual: Shop[] = [];
    for (let n = 1; n <= plan.shops; n += 1) usual.push(await start(`shop_${n}`));
    return await crashAll(context, usual, capturesLater, plan);
  } finally {
    await Promise.all(shops.map((shop) => shop.stop()));
    await servers.stop();
  }
}

async function crashAll(
  context: ProofContext,
  usual: readonly Shop[],
  capturesLater: Shop,
  plan: CrashPlan,
): Promise<PartResult> {
  const [first] = usual;
  if (first === undefined) throw new RangeError('a plan needs at least one shop');
  const missing = first.apps[0]
    .activities()
    .filter((activity) => !GROUP_ACTIVITIES.includes(activity) && !NOT_CRASHED.test(activity))
    .filter((activity) => !SCENARIOS.some(({ reaches }) => reaches.includes(activity)));
  if (first.apps[0].activities().length === 0)
    throw new Error('the process under test has reported no activities');
  const cases = await casesOf(first, scenariosOf(undefined), plan);
  const laterCases = await casesOf(capturesLater, scenariosOf('later'), plan);
  const groups = groupsOf(cases, plan);
  const laterGroups = groupsOf(laterCases, plan);
  const total = groups.length + laterGroups.length;
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
  const work = async (shop: Shop, queue: Case[][]): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      const points = group.map(({ point }) => describePoint(point)).join('; ');
      try {
        const outcome = await crashOnce(shop, group, {
          key: `${context.seed}-${shop.name}-${(deathsPlanned += 1)}`,
          bystanders: plan.bystanders,
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
        for (const what of outcome.found) broken({ at: points, what });
      } catch (error) {
        broken({ at: points, what: messageOf(error) });
      }
      context.progress(
        tally.deaths,
        Math.max(total, tally.deaths + queue.length),
        `${tally.recoveries.length} crash points`,
      );
    }
  };
  await Promise.all([...usual.map((shop) => work(shop, groups)), work(capturesLater, laterGroups)]);
  for (const shop of [...usual, capturesLater])
    tally.violations.push(
      ...(await findDifferences(shop)).map((what) => ({ at: `the end of ${shop.name}`, what })),
    );
  const { faults, orders, deaths, notReached, recoveries, violations } = tally;
  return {
    title: 'Crash points',
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${cases.length + laterCases.length} crash points, ${plan.repeats} times each, in ${deaths} deaths of a worker process: at each death, up to ${plan.victims} orders were held at a point of their own, and ${plan.bystanders} others were somewhere on their way.`,
      ...(notReached > 0
        ? [`${notReached} times an order did not reach its point in time; another order was placed for it.`]
        : []),
    ],
  };
}
