import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderView } from '../contracts/http/order.ts';
import { isOrderId } from './order-id.ts';
import { placedView } from './placed-view.ts';
import { quote, skusOf } from './quote.ts';
import { findRunning, type RunningOrderParts } from './running-order.ts';

export interface FindOrderParts extends RunningOrderParts {
  reader: OrderReader;
  catalogue: StockCatalogue;
}

/**
 * An order of this client. From the moment it was acknowledged it is found: in Temporal as `placed` until its stock is
 * reserved, in PostgreSQL from then on.
 *
 * @throws {Problem} `order_not_found`, also for an order of another client, whose existence is not given away
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

  const running = await findRunning(parts, orderId);
  if (running?.clientId !== clientId) throw orderNotFound();
  const items = await catalogue.find(skusOf(running.request));
  return placedView(running, quote(running.request, items));
}

const orderNotFound = (): Problem => new Problem('order_not_found', 'No order of this client has this id.');
