import { placing } from '../orders/requests.ts';
import { SCENARIOS, type Scenario } from '../orders/scenarios.ts';
import { waitUntilEnded } from '../orders/end-of-order.ts';
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

/** On a busy machine an order may not reach its point in time; then another order is placed. */
const MAX_MISSED = 4;

export const scenariosOf = (capture: 'later' | undefined): Scenario[] =>
  SCENARIOS.filter((scenario) => scenario.capture === capture);

/** Every activity at every moment, in the first scenario that reaches it, and each activation of the scenarios with `tasks`. */
export async function casesOf(
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
