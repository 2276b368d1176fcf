import { setTimeout as delay } from 'node:timers/promises';
import { findDifferences } from '../orders/audit.ts';
import { describePoint, MOMENTS, type CrashPoint } from '../system/crash-point.ts';
import type { Part, ProofContext } from './part.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { violationLine } from '../report/report.ts';
import { orderRequest, place, placing, type Placing } from '../orders/requests.ts';
import { SCENARIOS, type Scenario } from '../orders/scenarios.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop, type ShopOptions } from '../system/shop.ts';
import { messageOf } from '../../harness/api/errors.ts';
import { waitAtMost, waitThroughFaults } from '../../harness/wait-for.ts';

interface Case {
  readonly scenario: Scenario;
  readonly point: CrashPoint;
  /** How often an order should have been at its point when its process died, and was not. */
  readonly missed: number;
}

/** On a busy machine an order may not reach its point in time; then another order is placed. */
const MAX_MISSED = 4;

export interface CrashPlan {
  /** How often a process dies at each point. */
  readonly repeats: number;
  /**
   * How many shops run side by side, beside one more that captures later: most of a recovery is the time until Temporal
   * notices the death.
   */
  readonly shops: number;
  /** How many orders are at a point of their own when the process dies. */
  readonly victims: number;
  /** How many other orders are somewhere on their way then. */
  readonly bystanders: number;
  readonly tasks: boolean;
  /** Only these activities. Default: all. */
  readonly activities?: readonly string[];
}

const FULL: Omit<CrashPlan, 'repeats'> = { shops: 2, victims: 16, bystanders: 16, tasks: true };
const QUICK: CrashPlan = { repeats: 1, shops: 3, victims: 12, bystanders: 8, tasks: false };

/** A system that takes longer to recover by itself has not recovered. */
export const MAX_RECOVERY_MS = 30_000;
const DEATH_TIMEOUT_MS = 60_000;
/** Batching is off in the shops of this part, so that each victim is held alone. */
const GROUP_ACTIVITIES: readonly string[] = ['settleCharges'];
/** They belong to no order's workflow, so that no order can be held there. `test/end-to-end/webhooks.test.ts` kills their process. */
const WEBHOOK_ACTIVITIES: readonly string[] = ['webhooks:deliverWebhook', 'webhooks:tellWebhookContact'];
/** The pause between two bystanders, so that they do not delay the victims. */
const BYSTANDER_INTERVAL_MS = 300;
/** The payment methods of the bystanders, in turn. */
const BYSTANDER_METHODS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_sandbox_timeout_after_charge',
  'pm_sandbox_error_once',
];

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
    .filter((activity) => !GROUP_ACTIVITIES.includes(activity) && !WEBHOOK_ACTIVITIES.includes(activity))
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

const scenariosOf = (capture: 'later' | undefined): Scenario[] =>
  SCENARIOS.filter((scenario) => scenario.capture === capture);

/** Every activity at every moment, in the first scenario that reaches it, and each activation of the scenarios with `tasks`. */
async function casesOf(
  shop: Shop,
  scenarios: readonly Scenario[],
  { tasks, activities }: CrashPlan,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const activity of activities ?? shop.apps[0].activities()) {
    const scenario = scenarios.find(({ reaches }) => reaches.includes(activity));
    if (scenario)
      cases.push(
        ...MOMENTS.map((moment) => ({
          scenario,
          point: { kind: 'activity', activity, moment } as const,
          missed: 0,
        })),
      );
  }
  for (const scenario of scenarios.filter((each) => tasks && each.tasks)) {
    const activations = await countActivations(shop, scenario);
    for (let n = 1; n <= activations; n += 1) cases.push({ scenario, point: { kind: 'task', n }, missed: 0 });
  }
  return cases;
}

const SAMPLES = 3;

/** How many activations an order of this scenario takes at least when no process dies. */
async function countActivations(shop: Shop, scenario: Scenario): Promise<number> {
  const [app] = shop.apps;
  const placings = Array.from({ length: SAMPLES }, (_, n) => placing(`count-${scenario.title}-${n}`));
  await app.arm(placings.map(({ orderId }) => ({ orderId, point: { kind: 'task', n: Infinity } })));
  const counts = await Promise.all(
    placings.map(async (each) => {
      await scenario.drive(shop, each);
      await waitUntilEnded(shop, each.orderId);
      return app.activations(each.orderId);
    }),
  );
  return Math.min(...counts);
}

/** The cases that one death covers. Orders of one scenario reach their points at about the same time. */
function groupsOf(cases: readonly Case[], { repeats, victims }: CrashPlan): Case[][] {
  const groups: Case[][] = [];
  for (const scenario of new Set(cases.map((each) => each.scenario))) {
    const among = cases.filter((each) => each.scenario === scenario);
    const all = Array.from({ length: repeats }, () => among).flat();
    for (let n = 0; n < all.length; n += victims) groups.push(all.slice(n, n + victims));
  }
  return groups;
}

/** Orders differ in how many workflow tasks they take, so that an order need not reach a certain one. */
function retried(missed: readonly Case[]): { again: Case[]; abandoned: Case[] } {
  const required = missed.filter(({ point }) => point.kind === 'activity');
  return {
    again: required
      .filter((each) => each.missed < MAX_MISSED)
      .map((each) => ({ ...each, missed: each.missed + 1 })),
    abandoned: required.filter((each) => each.missed >= MAX_MISSED),
  };
}

interface Outcome {
  /** For each order that was at its point: the time from the death to its end. */
  readonly recoveries: Recovery[];
  /** The cases whose orders were not at their point. */
  readonly missed: Case[];
  readonly found: string[];
}

async function crashOnce(
  shop: Shop,
  group: readonly Case[],
  { key, bystanders: count }: { key: string; bystanders: number },
): Promise<Outcome> {
  const [app] = shop.apps;
  const since = Math.floor(Date.now() / 1000);
  const victims = group.map((each, n) => ({ ...each, ...placing(`${key}-victim-${n}`) }));
  await app.arm(victims);
  const death = app.death();
  const provider = group[0]?.scenario.provider;
  await provider?.before(shop);
  const driven = Promise.all(victims.map((victim) => victim.scenario.drive(shop, victim)));
  const restored = driven.finally(() => provider?.after(shop));
  const ended = victims.map(async (victim) => {
    await restored;
    return waitUntilEnded(shop, victim.orderId, victim.scenario.ends === undefined ? 'audit' : 'order');
  });
  const bystanders = Array.from({ length: count }, (_, n) => ({
    ...placing(`${key}-${n}`),
    method: BYSTANDER_METHODS[n % BYSTANDER_METHODS.length] ?? 'pm_card_visa',
  }));
  const othersEnded = bystanders.map(async (other, n) => {
    await delay(n * BYSTANDER_INTERVAL_MS);
    await place(shop.api, orderRequest(other.method), other.key);
    await waitUntilEnded(shop, other.orderId);
  });
  // When no order reaches its point the process does not die, and there is nothing to recover from.
  const diedAt = await Promise.race([
    waitAtMost(DEATH_TIMEOUT_MS, 'the process dies', death),
    Promise.all(ended).then(() => undefined),
  ]);
  const endedAt = await Promise.all(ended);
  await Promise.all(othersEnded);

  const found = await findDifferences(shop, {
    since,
    mailsOf: [...victims, ...bystanders].map(({ orderId }) => orderId),
  });
  const held = new Set(app.held(victims.map(({ orderId }) => orderId)));
  const recoveries: Recovery[] = [];
  const missed: Case[] = [];
  for (const [n, victim] of victims.entries()) {
    found.push(...(await wrongEnd(shop, victim)));
    if (diedAt === undefined || !held.has(victim.orderId)) {
      missed.push(group[n] ?? victim);
      continue;
    }
    const ms = Math.max((endedAt[n] ?? diedAt) - diedAt, 0);
    recoveries.push({ kind: describePoint(victim.point), ms });
    if (ms > (victim.scenario.maxRecoveryMs ?? MAX_RECOVERY_MS))
      found.push(`recovered only after ${Math.round(ms / 1000)} s`);
  }
  return { recoveries, missed, found };
}

async function wrongEnd({ api }: Shop, { orderId, scenario }: Placing & Case): Promise<string[]> {
  if (scenario.ends === undefined) return [];
  const { status } = await api.getOrder(orderId);
  return status === scenario.ends ? [] : [`${scenario.title}: the order is ${status}, not ${scenario.ends}`];
}

const END_TIMEOUT_MS = 120_000;
const END_POLL_INTERVAL_MS = 500;

/** Waits for the end of all workflows of the order (or of the audit), mails included. @returns when the last one ended, in Unix milliseconds */
async function waitUntilEnded({ temporal }: Shop, orderId: string, idPrefix = 'order'): Promise<number> {
  const first = temporal.workflow.getHandle(`${idPrefix}/${orderId}`);
  await waitAtMost(END_TIMEOUT_MS, `${orderId} ends`, first.result());
  let last = 0;
  await waitThroughFaults(
    `everything of ${orderId} ends`,
    async () => {
      const query = `WorkflowId STARTS_WITH '${idPrefix}/${orderId}'`;
      for await (const { closeTime } of temporal.workflow.list({ query })) {
        if (!closeTime) return false;
        last = Math.max(last, closeTime.getTime());
      }
      return last > 0;
    },
    END_TIMEOUT_MS,
    END_POLL_INTERVAL_MS,
  );
  return last;
}
