import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { line } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { System } from './system.ts';

/** Orders that are placed, refunded or read at a time. */
const MAX_CONCURRENT_CALLS = 20;

/** Why these orders wait, as a batch names it. Only an operator's action makes such a refund again. */
export const REFUND_RETURNED = { step: 'refundPayment', code: 'RefundReturned' } as const;

/**
 * Places orders and refunds a part of each, which the customers' banks then send back: each order waits for an operator. Returns their ids
 * when all of them wait.
 *
 * @param amount of each refund, in minor units
 */
export async function placeWithReturnedRefunds(
  system: System,
  { orders, amount }: { orders: number; amount: number },
): Promise<string[]> {
  const sku = await system.shop.createItem(orders);
  const keys = Array.from({ length: orders }, () => randomUUID());
  const orderIds = await eachOf(keys, async (key) => {
    const { orderId } = await system.shop.place({ lines: [line(sku)] }, { key, wait: 30 });
    return orderId;
  });
  await eachOf(orderIds, async (orderId) => {
    await system.shop.refundOrder(orderId, { amount }, `refund-${orderId}`);
    const [made] = await refundsOf(system, orderId);
    await system.sandbox.post(`/refunds/${made?.id ?? ''}/fail`);
  });
  await waitUntilPasses(async () => {
    const { parked } = await system.shop.stats('60s');
    assert.equal(parked, orders);
  }, 120_000);
  return orderIds;
}

/** The refunds of an order at the sandbox, newest first. */
export async function refundsOf({ sandbox }: System, orderId: string) {
  const [intent] = await sandbox.intentsOf(orderId);
  return (await sandbox.stripe.refunds.list({ payment_intent: intent?.id ?? '' })).data;
}

/** Runs this for each, some at a time. The results are in the same sequence. */
export async function eachOf<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let n = 0; n < items.length; n += MAX_CONCURRENT_CALLS)
    results.push(...(await Promise.all(items.slice(n, n + MAX_CONCURRENT_CALLS).map(run))));
  return results;
}
