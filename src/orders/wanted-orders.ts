import type { OrderConditions } from '../adapters/postgres/order-conditions.ts';
import type { OrderFilterView } from '../contracts/http/order-lists.ts';
import { windowSeconds } from '../contracts/window.ts';
import { invalidRequest } from '../validation/schema-check.ts';
import { orderIdOf } from './order-id.ts';

/**
 * The orders of a client that a filter means.
 *
 * @throws {Problem} `invalid_request` if `q` is an address: it would be in a URL, or stored with a view or a batch
 */
export function wantedOrders(clientId: string, filter: OrderFilterView): OrderConditions {
  const { createdWithin, ...others } = filter;
  const { q } = filter;
  if (q?.includes('@') === true)
    throw invalidRequest([{ field: 'q', message: 'must not be an address: use POST /v1/orders/search' }]);
  return {
    clientId,
    ...others,
    ...(createdWithin !== undefined && { withinSeconds: windowSeconds(createdWithin) }),
    ...(q !== undefined && { orderOfKey: orderIdOf(clientId, q) }),
  };
}
