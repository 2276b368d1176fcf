import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { isOrderId } from './order-id.ts';
import { placedView } from './placed-view.ts';
import { priceOrder, skusOf } from './quote.ts';
import { findRunningOrder, type RunningOrderParts } from './running-order.ts';

export interface FindOrderParts extends RunningOrderParts {
  reader: OrderReader;
  catalogue: StockCatalogue;
}

/**
 * Finds an order of this client, from the moment that it was acknowledged: in Temporal, as `placed`, until its stock is
 * reserved, and in PostgreSQL from then on.
 *
 * @throws {Problem} `order_not_found`, also for an order of another client, so that nobody learns that it exists
 */
export async function findOrder(
  parts: FindOrderParts,
  clientId: string,
  orderId: string,
): Promise<OrderView> {
  const { reader, catalogue } = parts;
  if (!isOrderId(orderId)) throw orderNotFound();
  const stored = await reader.find(orderId);
  if (stored?.clientId === clientId) return stored.view;
  if (stored) throw orderNotFound();

  const running = await findRunningOrder(parts, orderId);
  if (running?.clientId !== clientId) throw orderNotFound();
  const items = await catalogue.find(skusOf(running.request));
  return placedView(running, priceOrder(running.request, items, running.prices));
}

const orderNotFound = (): Problem =>
  new Problem('order_not_found', 'No order that was placed with this API key has this id.');
