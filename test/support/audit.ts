import assert from 'node:assert/strict';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { System } from './system.ts';

/** The provider has the money of an order exactly once if it is paid, and none of it otherwise. */
export async function assertChargedAsOrdered({ sandbox }: System, order: OrderView): Promise<void> {
  const kept = (await sandbox.chargesOf(order.orderId)).map((charge) => charge.amount_received);
  assert.deepEqual(kept, order.status === 'paid' ? [order.total] : [], `${order.orderId} is ${order.status}`);
}

/** Every piece can be sold or is sold to a paid order, and none is held. */
export async function assertStockAddsUp(
  { shop }: System,
  sku: string,
  initial: number,
  orders: OrderView[],
): Promise<void> {
  const sold = orders
    .filter(({ status }) => status === 'paid')
    .flatMap(({ lines }) => lines)
    .filter((each) => each.sku === sku)
    .reduce((sum, { quantity }) => sum + quantity, 0);
  const item = await shop.getStock(sku);
  assert.deepEqual(
    { available: item.available, held: item.held, sold: item.sold },
    { available: initial - sold, held: 0, sold },
  );
}

/**
 * Waits until the mails of the order are exactly these kinds and all are sent. The customer has received each under one
 * Message-ID; after a crash a mail may have been delivered twice under it, which SMTP cannot prevent.
 */
export function mailsSent({ shop, sandbox }: System, orderId: string, kinds: string[]): Promise<void> {
  return waitUntilPasses(async () => {
    const mails = await shop.mails(orderId);
    assert.deepEqual(
      mails.map(({ kind, status }) => [kind, status]).sort(),
      [...kinds].sort().map((kind) => [kind, 'sent']),
    );
    const received = (await sandbox.mailsOf(orderId)).map(({ messageId }) => messageId);
    assert.deepEqual([...new Set(received)].sort(), mails.map(({ messageId }) => messageId).sort());
  }, 60_000);
}
