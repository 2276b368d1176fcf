import { DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { ApiClient } from '../../harness/api/api-client.ts';
import { waitForStatus } from '../../harness/api/wait-for-status.ts';

/** The id of the order that this key makes, known before the order is placed. */
export interface Placing {
  readonly key: string;
  readonly orderId: string;
}

export const placing = (key: string): Placing => ({ key, orderId: orderIdOf(DEVELOPMENT_CLIENT, key) });

export const orderRequest = (method: string, sku = 'item-1', quantity = 1): OrderRequest => ({
  customer: { email: 'ada@example.com', name: 'Ada' },
  currency: 'EUR',
  lines: [{ sku, quantity }],
  payment: { method },
});

/** Returns when the order is acknowledged. */
export const place = (api: ApiClient, request: OrderRequest, key: string): Promise<OrderView> =>
  api.placeOrder(request, { key, waitSeconds: 0 });

/** Waits, through faults, until the order has one of these statuses. */
export const reaches = (
  api: ApiClient,
  orderId: string,
  statuses: readonly OrderStatus[],
): Promise<OrderView> => waitForStatus(api, orderId, statuses, { timeoutMs: 90_000, pollIntervalMs: 200 });
