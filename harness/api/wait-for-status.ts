import { setTimeout as delay } from 'node:timers/promises';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { ApiClient } from './api-client.ts';

export interface StatusWait {
  /** Milliseconds. Default 30 s. */
  readonly timeoutMs?: number;
  /** Milliseconds between two calls. Default 50. */
  readonly pollIntervalMs?: number;
}

/**
 * Reads the order until it has one of these statuses, and returns it.
 * @throws when it has none of them after `timeoutMs`; what the client throws
 */
export async function waitForStatus(
  api: ApiClient,
  orderId: string,
  statuses: readonly OrderStatus[],
  { timeoutMs = 30_000, pollIntervalMs = 50 }: StatusWait = {},
): Promise<OrderView> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const order = await api.getOrder(orderId);
    if (statuses.includes(order.status)) return order;
    if (performance.now() > deadline)
      throw new Error(
        `${orderId} was not ${statuses.join(' or ')} within ${timeoutMs / 1000} s: it is ${order.status}`,
      );
    await delay(pollIntervalMs);
  }
}
