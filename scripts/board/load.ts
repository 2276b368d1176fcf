import { randomUUID } from 'node:crypto';
import { systemClock } from '../../harness/load/clock.ts';
import { closedLoop, openLoop, type Limits } from '../../harness/load/generate.ts';
import { createOrderSender } from '../../harness/load/order-sender.ts';
import type { Connection } from '../../harness/api/connection.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import { SKUS } from './catalogue.ts';

const FIRST = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Emmy', 'Carl', 'Sofia', 'Niels', 'Mary'];
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Noether', 'Gauss', 'Kowalewskaja'];
const CITIES = [
  ['Berlin', '10115', 'DE'],
  ['München', '80331', 'DE'],
  ['Wien', '1010', 'AT'],
  ['Lyon', '69001', 'FR'],
  ['Utrecht', '3511', 'NL'],
] as const;

/** How many of a thousand orders are paid in this way. The others are paid by card at once. */
const METHODS: readonly (readonly [share: number, method: string])[] = [
  [22, 'pm_card_chargeDeclined'],
  [12, 'pm_card_chargeDeclinedInsufficientFunds'],
  [6, 'pm_sandbox_error_once'],
  [4, 'pm_sandbox_timeout_after_charge'],
  [2, 'pm_card_authenticationRequired'],
];
/** How many of a thousand orders are sent to an address. */
const SHIPPED = 60;
/** How many of a thousand ask for what is sold out. */
const SOLD_OUT = 12;

/** Order number `index`: the same one each time, and no two alike. */
export function orderNumber(index: number): OrderRequest {
  const first = pick(FIRST, index);
  const last = pick(LAST, index * 7 + 3);
  const [city, postalCode, country] = pick(CITIES, index * 3);
  const name = `${first} ${last}`;
  const skus = new Set(
    Array.from({ length: 1 + (index % 3) }, (_, line) => pick(SKUS, spread(index, line * 131))),
  );
  return {
    customer: { email: `${first}.${last}.${index}@example.com`.toLowerCase(), name },
    currency: 'EUR',
    lines:
      spread(index, 11) < SOLD_OUT
        ? [{ sku: 'clock-wall', quantity: 1 }]
        : [...skus].map((sku, line) => ({ sku, quantity: 1 + ((index + line) % 3) })),
    payment: { method: methodOf(spread(index, 0)) },
    locale: pick(['en', 'de', 'en', 'zh'] as const, index),
    ...(spread(index, 23) < SHIPPED && {
      shipping: { name, line1: `${1 + (index % 80)} High St`, city, postalCode, country },
    }),
  };
}

/** 0 to 999, as if at random. */
const spread = (index: number, salt: number): number => ((index + salt) * 7_919) % 1_000;

function pick<T>(from: readonly T[], index: number): T {
  const found = from[index % from.length];
  if (found === undefined) throw new RangeError('there is nothing to pick');
  return found;
}

function methodOf(place: number): string {
  let from = 0;
  for (const [share, method] of METHODS) {
    if (place >= from && place < from + share) return method;
    from += share;
  }
  return 'pm_card_visa';
}

/** How many customers order at a time, one part of the load after the other: a day in some minutes. */
const WAVES = [4, 8, 14, 22, 30, 34, 26, 16, 12, 20, 32, 36, 28, 18, 10, 6];

/** Places orders from number `from` on, in waves. Every order has its outcome when it ends. */
export async function loadInWaves(
  connection: Connection,
  { from, orders, onDone }: { from: number; orders: number; onDone: () => void },
): Promise<void> {
  const sender = createOrderSender({ connection, maxSockets: Math.max(...WAVES), waitSeconds: 30 });
  try {
    const each = Math.ceil(orders / WAVES.length);
    for (const [wave, concurrency] of WAVES.entries()) {
      const first = from + wave * each;
      const limits: Limits = {
        orders: Math.min(each, from + orders - first),
        durationMs: Number.POSITIVE_INFINITY,
        signal: new AbortController().signal,
        clock: systemClock,
      };
      await closedLoop((index) => sender.send(orderNumber(first + index), randomUUID()), onDone, {
        ...limits,
        concurrency,
      });
    }
  } finally {
    sender.close();
  }
}

/** Places some orders a second until the signal, so that a shop in a picture is alive. */
export async function trickle(
  connection: Connection,
  { from, ratePerSecond, signal }: { from: number; ratePerSecond: number; signal: AbortSignal },
): Promise<void> {
  const sender = createOrderSender({ connection, maxSockets: 20, waitSeconds: 10 });
  try {
    await openLoop(
      (index) => sender.send(orderNumber(from + index), randomUUID()),
      () => undefined,
      {
        ...{ ratePerSecond, maxInFlight: 20, signal, clock: systemClock },
        orders: Number.POSITIVE_INFINITY,
        durationMs: Number.POSITIVE_INFINITY,
      },
    );
  } finally {
    sender.close();
  }
}
