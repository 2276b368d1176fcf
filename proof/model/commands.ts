import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { ModelOrder, OrderPlan } from './order.ts';
import type { World } from './world.ts';

/** A command on an order, by its number among the orders placed before. */
interface OnOrder {
  readonly of: number;
}

export type Command =
  | { readonly type: 'place'; readonly plans: readonly OrderPlan[]; readonly waits: boolean }
  | (OnOrder & { readonly type: 'place again'; readonly otherBody: boolean })
  | (OnOrder & { readonly type: 'cancel'; readonly times: number })
  /** `keyed`: the same part requested again is the same refund. */
  | (OnOrder & { readonly type: 'refund'; readonly parts: readonly Part[]; readonly keyed: boolean })
  | (OnOrder & { readonly type: 'review'; readonly decision: 'approve' | 'reject'; readonly times: number })
  | (OnOrder & { readonly type: 'authenticate'; readonly outcome: 'succeeded' | 'failed' })
  | (OnOrder & { readonly type: 'resend'; readonly times: number; readonly reverse: boolean })
  | (OnOrder & { readonly type: 'succeed late' })
  | (OnOrder & { readonly type: 'resolve attention'; readonly action: 'retry' | 'skip' | 'resolve' })
  | { readonly type: 'heal refunds' }
  | {
      readonly type: 'fault';
      readonly faults: Readonly<Record<string, unknown>>;
      readonly durationMs: number;
    }
  | { readonly type: 'outage'; readonly durationMs: number }
  | { readonly type: 'pause'; readonly ms: number }
  | { readonly type: 'restart' };

/** A share of the order's total, in percent; undefined: everything that is left. More than 100 must be refused. */
type Part = number | undefined;

/** `inBackground`: the next step does not wait for it. */
export interface Step {
  readonly command: Command;
  readonly inBackground: boolean;
}

const METHODS = [
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_card_authenticationRequired',
  'pm_sandbox_slow',
  'pm_sandbox_timeout_after_charge',
  'pm_sandbox_error_once',
  'pm_sandbox_outage',
  'pm_sandbox_refund_fails',
] as const;

const basket = fc.oneof(
  { weight: 4, arbitrary: fc.record({ cheap: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ scarce: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ cheap: fc.constant(1), scarce: fc.constant(1) }) },
  { weight: 2, arbitrary: fc.record({ dear: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ scarce: 4 }) },
);

const plan: fc.Arbitrary<OrderPlan> = fc.record({
  method: fc.oneof(
    { weight: 3, arbitrary: fc.constant('pm_card_visa') },
    { weight: 2, arbitrary: fc.constant('pm_card_authenticationRequired') },
    { weight: 9, arbitrary: fc.constantFrom(...METHODS) },
  ),
  basket,
  expectedTotal: fc.constantFrom('none', 'none', 'right', 'right', 'wrong'),
});

const of = fc.nat({ max: 19 });
const times = fc.constantFrom(1, 1, 2);
const durationMs = fc.integer({ min: 50, max: 600 });

const fault = fc.constantFrom<Readonly<Record<string, unknown>>>(
  { dropBefore: 2 },
  { dropAfter: 1, only: 'charge' },
  { dropAfter: 2 },
  { failNext: 2 },
  { failNext: 1, failNextWith: 500 },
  { failNext: 3, failNextWith: 503 },
  { failNext: 2, failNextWith: 429, only: 'charge' },
  { failNext: 1, failNextWith: 500, only: 'refund' },
  { dropAfter: 1, only: 'refund' },
  { latencyMs: 400 },
);

const place = fc.record({
  type: fc.constant('place'),
  plans: fc.array(plan, { minLength: 1, maxLength: 4 }),
  waits: fc.boolean(),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: place },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('place again'), of, otherBody: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('cancel'), of, times }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('refund'),
      of,
      parts: fc.array(fc.constantFrom(undefined, 30, 60, 100, 130), { minLength: 1, maxLength: 2 }),
      keyed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('review'),
      of,
      decision: fc.constantFrom('approve', 'approve', 'reject'),
      times,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('authenticate'),
      of,
      outcome: fc.constantFrom('succeeded', 'succeeded', 'failed'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('resend'), of, times, reverse: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('succeed late'), of }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('resolve attention'),
      of,
      action: fc.constantFrom('retry', 'retry', 'skip', 'resolve'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('heal refunds') }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('fault'), faults: fault, durationMs }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('outage'), durationMs }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pause'), ms: fc.integer({ min: 20, max: 700 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart') }) },
);

const stepOf = (of: fc.Arbitrary<Command>): fc.Arbitrary<Step> =>
  fc.record({ command: of, inBackground: fc.boolean() });

/** About fifteen commands, of which the first places orders; a shorter list is a simpler one. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(stepOf(place), fc.array(stepOf(command), { minLength: 8, maxLength: 20, size: 'max' }))
  .map(([first, others]) => [first, ...others]);

/** Runs the commands, one after another or at the same time, and quiesces. @returns what the model does not allow */
export async function runSteps(world: World, list: readonly Step[]): Promise<string[]> {
  const failures: string[] = [];
  const running: Promise<void>[] = [];
  for (const { command: each, inBackground } of list) {
    const done = perform(world, each).catch((error: unknown) => {
      failures.push(`${each.type}: ${error instanceof Error ? error.message : String(error)}`);
    });
    if (inBackground) running.push(done);
    else await done;
  }
  await Promise.all(running);
  await world.quiesce();
  return [...failures, ...(await world.check())];
}

async function perform(world: World, given: Command): Promise<void> {
  switch (given.type) {
    case 'place':
      await Promise.all(given.plans.map((each) => world.place(world.plan(each), given.waits)));
      return;
    case 'heal refunds':
      return world.healRefunds();
    case 'fault':
      return world.fault(given.faults, given.durationMs);
    case 'outage':
      return world.outage(given.durationMs);
    case 'pause':
      await delay(given.ms);
      return;
    case 'restart':
      return world.restart();
    case 'place again':
    case 'cancel':
    case 'refund':
    case 'review':
    case 'authenticate':
    case 'resolve attention':
    case 'resend':
    case 'succeed late': {
      const order = world.orders[given.of % world.orders.length];
      if (order) await performOn(world, order, given);
    }
  }
}

async function performOn(world: World, order: ModelOrder, given: Extract<Command, OnOrder>): Promise<void> {
  switch (given.type) {
    case 'place again':
      return world.placeAgain(order, given.otherBody);
    case 'cancel':
      return concurrently(given.times, () => world.cancel(order));
    case 'refund': {
      await Promise.all(
        given.parts.map((part) => {
          const amount = part === undefined ? undefined : Math.floor((order.total * part) / 100);
          return world.refund(
            order,
            amount,
            given.keyed ? `${order.key}-refund-${part ?? 'rest'}` : undefined,
          );
        }),
      );
      return;
    }
    case 'review':
      return concurrently(given.times, () => world.review(order, given.decision));
    case 'authenticate':
      return world.authenticate(order, given.outcome);
    case 'resend':
      return world.resend(order, given.times, given.reverse);
    case 'succeed late':
      return world.succeedLate(order);
    case 'resolve attention':
      return world.resolveAttention(order, given.action);
  }
}

async function concurrently(count: number, run: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, run));
}
