import { randomUUID } from 'node:crypto';
import type { OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';
import { putItems } from '../../src/adapters/postgres/stock-catalogue.ts';
import { systemClock } from '../../harness/load/clock.ts';
import { closedLoop } from '../../harness/load/generate.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import { expectEqual, WrongResult } from '../lib/expect-equal.ts';

/** The reservations of one load. Times in milliseconds. */
export interface Reservations {
  readonly perSecond: number;
  readonly responseTimes: readonly number[];
}

export interface ReservationLoadOptions {
  /** How many items are reserved, in turn. */
  readonly items: number;
  readonly inFlight: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** More than any run reserves. */
const ON_HAND = 100_000_000;

const skuOf = (item: number): string => `item-${item}`;

export async function addItems(pool: Pool, items: number): Promise<void> {
  const item = { title: 'Item', unitPrice: 1_000, currency: 'EUR', onHand: ON_HAND };
  await putItems(
    pool,
    Array.from({ length: items }, (_, index) => ({ ...item, sku: skuOf(index) })),
  );
}

/**
 * Reserves orders in a closed loop: the next one as soon as another is answered.
 * @throws {WrongResult} where an order is not reserved, or the result belongs to another order
 */
export async function reserveInLoop(
  ledger: OrderLedger,
  { items, inFlight, durationMs, signal }: ReservationLoadOptions,
): Promise<Reservations> {
  const responseTimes: number[] = [];
  const startedAt = systemClock.now();
  await closedLoop(
    async (index) => {
      const order = orderOf(skuOf(index % items));
      const [result] = await ledger.reserveStock([order]);
      if (result?.orderId !== order.orderId || result.status !== 'reserved')
        throw new WrongResult(`${order.orderId} was not reserved: ${JSON.stringify(result)}`);
    },
    (_, responseMs) => responseTimes.push(responseMs),
    { concurrency: inFlight, orders: Infinity, durationMs, signal, clock: systemClock },
  );
  signal.throwIfAborted();
  const seconds = (systemClock.now() - startedAt) / 1000;
  return { perSecond: responseTimes.length / seconds, responseTimes };
}

/** @throws {WrongResult} unless PostgreSQL holds one piece for each of the orders */
export async function checkHeld(pool: Pool, orders: number): Promise<void> {
  const { rows } = await pool.query<{ held: number; reserved: number }>(
    `select (select sum(held)::int from stock_levels) as held,
            (select count(*)::int from orders where status = 'reserved') as reserved`,
  );
  for (const { held, reserved } of rows) {
    expectEqual('pieces held', held, orders);
    expectEqual('orders reserved', reserved, orders);
  }
}

const orderOf = (sku: string): CheckoutOrder => ({
  orderId: `ord_${randomUUID().replaceAll('-', '')}`,
  clientId: 'bench',
  requestHash: '0'.repeat(64),
  placedAt: new Date().toISOString(),
  request: {
    customer: { email: 'buyer@example.com', name: 'Buyer' },
    currency: 'EUR',
    lines: [{ sku, quantity: 1 }],
    payment: { method: 'pm_card_visa' },
  },
});
