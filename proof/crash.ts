import { setTimeout as delay } from 'node:timers/promises';
import { auditClean } from './audit.ts';
import { describePoint, MOMENTS, type CrashPoint } from './crash-point.ts';
import type { Part, PartResult, ProofContext, Recovery, Violation } from './part.ts';
import { violationLine } from './report.ts';
import { order, placing, SCENARIOS, type Placing, type Scenario } from './scenarios.ts';
import { startServers } from './servers.ts';
import { startShop, type Shop, type ShopOptions } from './shop.ts';
import { waitAtMost, waitThroughFaults } from '../harness/wait-for.ts';

interface Case {
  readonly scenario: Scenario;
  readonly point: CrashPoint;
  /** How often an order was to be there when its process died, and was not. */
  readonly missed: number;
}

/** A busy machine may hold an order up on its way to its point; then another one is sent. */
const MAX_MISSED = 4;

export interface CrashPlan {
  /** How often an order is at each point when its process dies. */
  readonly repeats: number;
  /** Shops side by side, and one more that captures later: most of the time that it takes to heal is waiting for Temporal to notice the death. */
  readonly lanes: number;
  /** Orders that one death hits, each at its own point. */
  readonly victims: number;
  /** Orders that are wherever they are when it comes. */
  readonly bystanders: number;
  readonly tasks: boolean;
  /** Only these activities. Default: every one. */
  readonly activities?: readonly string[];
}

const FULL: Omit<CrashPlan, 'repeats'> = { lanes: 2, victims: 16, bystanders: 16, tasks: true };
const QUICK: CrashPlan = { repeats: 1, lanes: 3, victims: 12, bystanders: 8, tasks: false };

/** A system that has not healed by itself by then has not healed. */
export const HEALED_WITHIN_MS = 30_000;
const DEATH_WITHIN_MS = 60_000;
/** Grouping is off in the shops of this part: a victim is held at its point by itself. */
const OF_GROUPS: readonly string[] = ['settleCharges'];
/** Of no order's workflow, so no order can be held there: `test/end-to-end/webhooks.test.ts` kills what sends them. */
const OF_WEBHOOKS: readonly string[] = ['webhooks:deliverWebhook', 'webhooks:tellWebhookContact'];
/** So that the victims are not held up on their way. */
const BYSTANDER_EVERY_MS = 300;
/** How the bystanders pay, in turn. */
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

/** A worker process dies by kill -9 while orders are at exact points: each activity and workflow task, again and again. */
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
      const ungrouped = { CHECKOUT_BATCHING: 'off', ...settings };
      const shop = await startShop({ name, servers, built, folder: context.folder, settings: ungrouped });
      shops.push(shop);
      return shop;
    };
    const capturesLater = await start('captures_later', { PAYMENT_CAPTURE: 'later' });
    const lanes: Shop[] = [];
    for (let n = 1; n <= plan.lanes; n += 1) lanes.push(await start(`lane_${n}`));
    return await crashAll(context, lanes, capturesLater, plan);
  } finally {
    await Promise.all(shops.map((shop) => shop.stop()));
    await servers.stop();
  }
}

async function crashAll(
  context: ProofContext,
  lanes: readonly Shop[],
  capturesLater: Shop,
  plan: CrashPlan,
): Promise<PartResult> {
  const [first] = lanes;
  if (first === undefined) throw new RangeError('no lanes');
  const missing = first.apps[0]
    .activities()
    .filter((activity) => !OF_GROUPS.includes(activity) && !OF_WEBHOOKS.includes(activity))
    .filter((activity) => !SCENARIOS.some(({ reaches }) => reaches.includes(activity)));
  if (first.apps[0].activities().length === 0) throw new Error('the process under test names no activities');
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
        const { again, given } = retried(outcome.missed);
        tally.notReached += outcome.missed.length;
        if (again.length > 0) queue.push(again);
        for (const { point } of given) broken({ at: describePoint(point), what: 'no order was ever there' });
        tally.recoveries.push(...outcome.recoveries);
        for (const { kind } of outcome.recoveries) tally.faults[kind] = (tally.faults[kind] ?? 0) + 1;
        for (const what of outcome.found) broken({ at: points, what });
      } catch (error) {
        broken({ at: points, what: error instanceof Error ? error.message : String(error) });
      }
      context.progress(
        tally.deaths,
        Math.max(total, tally.deaths + queue.length),
        `${tally.recoveries.length} crash points`,
      );
    }
  };
  await Promise.all([...lanes.map((shop) => work(shop, groups)), work(capturesLater, laterGroups)]);
  for (const shop of [...lanes, capturesLater])
    tally.violations.push(
      ...(await auditClean(shop)).map((what) => ({ at: `the end of ${shop.name}`, what })),
    );
  const { faults, orders, deaths, notReached, recoveries, violations } = tally;
  return {
    title: 'Crash points',
    faults,
    orders,
    recoveries,
    violations,
    notes: [
      `${cases.length + laterCases.length} crash points, ${plan.repeats} times each, by ${deaths} deaths of a worker process: at each, up to ${plan.victims} orders were held at a point of their own, and ${plan.bystanders} others were wherever they were.`,
      ...(notReached > 0
        ? [`${notReached} times an order was not at its point in time; another one was sent there.`]
        : []),
    ],
  };
}

const scenariosOf = (capture: 'later' | undefined): Scenario[] =>
  SCENARIOS.filter((scenario) => scenario.capture === capture);

/** Every activity at every moment, in the first scenario that reaches it, and each activation of the scenarios that say so. */
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

const COUNTS = 3;

/** How many activations an order of this scenario takes at least when nothing happens to it. */
async function countActivations(shop: Shop, scenario: Scenario): Promise<number> {
  const [app] = shop.apps;
  const placings = Array.from({ length: COUNTS }, (_, n) => placing(`count-${scenario.title}-${n}`));
  await app.arm(placings.map(({ orderId }) => ({ orderId, point: { kind: 'task', n: Infinity } })));
  const counts = await Promise.all(
    placings.map(async (each) => {
      await scenario.drive(shop, each);
      await ended(shop, each.orderId);
      return app.activations(each.orderId);
    }),
  );
  return Math.min(...counts);
}

/** Those of one scenario are at their points at about the same time. */
function groupsOf(cases: readonly Case[], { repeats, victims }: CrashPlan): Case[][] {
  const groups: Case[][] = [];
  for (const scenario of new Set(cases.map((each) => each.scenario))) {
    const among = cases.filter((each) => each.scenario === scenario);
    const all = Array.from({ length: repeats }, () => among).flat();
    for (let n = 0; n < all.length; n += victims) groups.push(all.slice(n, n + victims));
  }
  return groups;
}

/** Of a workflow task too few is known to insist: an order may take one less than another. */
function retried(missed: readonly Case[]): { again: Case[]; given: Case[] } {
  const insistOn = missed.filter(({ point }) => point.kind === 'activity');
  return {
    again: insistOn
      .filter((each) => each.missed < MAX_MISSED)
      .map((each) => ({ ...each, missed: each.missed + 1 })),
    given: insistOn.filter((each) => each.missed >= MAX_MISSED),
  };
}

interface Outcome {
  /** Of the orders that were at their point: from the death to their end. */
  readonly recoveries: Recovery[];
  /** Those that were not. */
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
  const over = victims.map(async (victim) => {
    await restored;
    return ended(shop, victim.orderId, victim.scenario.ends === undefined ? 'audit' : 'order');
  });
  const bystanders = Array.from({ length: count }, (_, n) => ({
    ...placing(`${key}-${n}`),
    method: BYSTANDER_METHODS[n % BYSTANDER_METHODS.length] ?? 'pm_card_visa',
  }));
  const othersOver = bystanders.map(async (other, n) => {
    await delay(n * BYSTANDER_EVERY_MS);
    await shop.api.place(order(other.method), other.key);
    await ended(shop, other.orderId);
  });
  // Where none comes to its point the process lives on, which is no crash, and nothing to heal.
  const diedAt = await Promise.race([
    waitAtMost(DEATH_WITHIN_MS, 'the process dies', death),
    Promise.all(over).then(() => undefined),
  ]);
  const overAt = await Promise.all(over);
  await Promise.all(othersOver);

  const found = await auditClean(shop, {
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
    const ms = Math.max((overAt[n] ?? diedAt) - diedAt, 0);
    recoveries.push({ kind: describePoint(victim.point), ms });
    if (ms > (victim.scenario.healsWithinMs ?? HEALED_WITHIN_MS))
      found.push(`healed only after ${Math.round(ms / 1000)} s`);
  }
  return { recoveries, missed, found };
}

async function wrongEnd({ api }: Shop, { orderId, scenario }: Placing & Case): Promise<string[]> {
  if (scenario.ends === undefined) return [];
  const { status } = await api.order(orderId);
  return status === scenario.ends ? [] : [`${scenario.title}: the order is ${status}, not ${scenario.ends}`];
}

const GIVE_UP_MS = 120_000;
const ENDED_POLL_MS = 500;

/** When the last workflow of the order (or of what there is instead) was over, its mails included; Unix milliseconds. */
async function ended({ temporal }: Shop, orderId: string, starts = 'order'): Promise<number> {
  const first = temporal.workflow.getHandle(`${starts}/${orderId}`);
  await waitAtMost(GIVE_UP_MS, `${orderId} ends`, first.result());
  let last = 0;
  await waitThroughFaults(
    `everything of ${orderId} ends`,
    async () => {
      const query = `WorkflowId STARTS_WITH '${starts}/${orderId}'`;
      for await (const { closeTime } of temporal.workflow.list({ query })) {
        if (!closeTime) return false;
        last = Math.max(last, closeTime.getTime());
      }
      return last > 0;
    },
    GIVE_UP_MS,
    ENDED_POLL_MS,
  );
  return last;
}
