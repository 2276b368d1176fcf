import { placing } from '../orders/requests.ts';
import { CHECKOUT_SCENARIOS } from '../orders/scenarios.ts';
import { SHIPPING_SCENARIOS } from '../orders/shipping-scenarios.ts';
import { SHOP_KINDS, type Scenario, type ShopKind } from '../orders/scenario.ts';
import { waitUntilEnded, type End } from '../orders/end-of-order.ts';
import { MOMENTS, type CrashPoint } from '../system/crash-point.ts';
import type { Shop } from '../system/shop.ts';

/** One order at one crash point. */
export interface Case {
  readonly scenario: Scenario;
  readonly point: CrashPoint;
  /** How often an order should have been at its point when its process died, and was not. */
  readonly missed: number;
}

export interface CrashPlan {
  /** How often a process dies at each point. */
  readonly repeats: number;
  /** How many shops of each kind run side by side: most of a recovery is the time until Temporal notices the death. */
  readonly shops: Partial<Record<ShopKind, number>>;
  /** How many orders are at a point of their own when the process dies. */
  readonly victims: number;
  /** How many other orders are somewhere on their way then. */
  readonly bystanders: number;
  readonly tasks: boolean;
  /** Only these activities. Default: all. */
  readonly activities?: readonly string[];
}

/** On a busy machine an order may not reach its point in time; then another order is placed. */
const MAX_MISSED = 4;

export const SCENARIOS: readonly Scenario[] = [...CHECKOUT_SCENARIOS, ...SHIPPING_SCENARIOS];

export const scenariosOf = (kind: ShopKind): Scenario[] =>
  SCENARIOS.filter(({ shop = 'usual' }) => shop === kind);

/** What the end of a victim of this scenario is. */
export const endOf = ({ ends, shop = 'usual' }: Scenario): End => ({
  ...(ends === undefined && { idPrefix: 'audit' }),
  ...(ends !== undefined && SHOP_KINDS[shop].ships && { status: ends }),
});

/** Every activity at every moment, in the first scenario that reaches it, and each activation of the scenarios with `tasks`. */
export async function casesOf(
  shop: Shop,
  scenarios: readonly Scenario[],
  { tasks, activities }: CrashPlan,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const activity of activities ?? shop.apps[0].activities()) {
    const reaching = scenarios.filter(({ reaches }) => reaches.includes(activity));
    for (const scenario of reaching.filter((each, n) => n === 0 || each.again?.includes(activity)))
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
      await waitUntilEnded(shop, each.orderId, endOf(scenario));
      return app.activations(each.orderId);
    }),
  );
  return Math.min(...counts);
}

/** The cases that one death covers. Orders of one scenario reach their points at about the same time. */
export function groupsOf(cases: readonly Case[], { repeats, victims }: CrashPlan): Case[][] {
  const groups: Case[][] = [];
  for (const scenario of new Set(cases.map((each) => each.scenario))) {
    const among = cases.filter((each) => each.scenario === scenario);
    const all = Array.from({ length: repeats }, () => among).flat();
    for (let n = 0; n < all.length; n += victims) groups.push(all.slice(n, n + victims));
  }
  return groups;
}

/** Orders differ in how many workflow tasks they take, so that an order need not reach a certain one. */
export function retried(missed: readonly Case[]): { again: Case[]; abandoned: Case[] } {
  const required = missed.filter(({ point }) => point.kind === 'activity');
  return {
    again: required
      .filter((each) => each.missed < MAX_MISSED)
      .map((each) => ({ ...each, missed: each.missed + 1 })),
    abandoned: required.filter((each) => each.missed >= MAX_MISSED),
  };
}
