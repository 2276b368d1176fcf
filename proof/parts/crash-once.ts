import { setTimeout as delay } from 'node:timers/promises';
import { waitAtMost } from '../../harness/wait-for.ts';
import { findDifferences } from '../orders/audit.ts';
import { waitUntilEnded } from '../orders/end-of-order.ts';
import { orderRequest, place, placing, type Placing } from '../orders/requests.ts';
import type { Recovery } from '../report/result.ts';
import { describePoint } from '../system/crash-point.ts';
import type { Shop } from '../system/shop.ts';
import { shippedRequest } from '../orders/parcels.ts';
import { endOf, type Case } from './crash-cases.ts';

/** A system that takes longer to recover by itself has not recovered. */
const MAX_RECOVERY_MS = 30_000;
/** Parcels take their time, and an order need not take as many workflow tasks as its victims have: then all orders end first. */
const DEATH_TIMEOUT_MS = 180_000;
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

interface Outcome {
  /** For each order that was at its point: the time from the death to its end. */
  readonly recoveries: Recovery[];
  /** The cases whose orders were not at their point. */
  readonly missed: Case[];
  readonly found: string[];
}

interface CrashOptions {
  /** What the keys of its orders begin with. */
  readonly key: string;
  /** How many other orders are somewhere on their way. */
  readonly bystanders: number;
  /** Whether every other one of them is shipped. */
  readonly shipping: boolean;
}

/** Lets a worker process die once, with these cases, and waits for the end of all orders. */
export async function crashOnce(
  shop: Shop,
  group: readonly Case[],
  { key, bystanders: count, shipping }: CrashOptions,
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
    return waitUntilEnded(shop, victim.orderId, endOf(victim.scenario));
  });
  const bystanders = Array.from({ length: count }, (_, n) => ({
    ...placing(`${key}-${n}`),
    method: BYSTANDER_METHODS[n % BYSTANDER_METHODS.length] ?? 'pm_card_visa',
    isShipped: shipping && n % 2 === 0,
  }));
  const othersEnded = bystanders.map(async (other, n) => {
    await delay(n * BYSTANDER_INTERVAL_MS);
    await place(shop.api, other.isShipped ? shippedRequest() : orderRequest(other.method), other.key);
    await waitUntilEnded(shop, other.orderId, other.isShipped ? { status: 'closed' } : {});
  });
  for (const each of [...ended, ...othersEnded]) each.catch(() => undefined); // awaited below
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
