import { setTimeout as delay } from 'node:timers/promises';
import type { OrderReader, StoredOrder } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import type { Problem } from '../contracts/errors.ts';
import type { OrderRequest, OrderView } from '../contracts/http/order.ts';
import type { StockItem } from '../contracts/http/stock.ts';
import { isDecided } from '../domain/order-status.ts';
import type { OrderBatcher } from './batching/batcher.ts';
import { START_DEADLINE_MS } from './temporal/checkout-client.ts';
import { orderIdOf } from './order-id.ts';
import { unavailable } from './outage.ts';
import { placedView } from './placed-view.ts';
import { quote, skusOf } from './quote.ts';
import { requestHash, requireSameBody } from './request-hash.ts';
import { findRunning, type RunningOrderParts } from './running-order.ts';
import { isAtRest, type OutcomeWaiter } from './waiting/outcome-waiter.ts';

export interface PlaceOrderCommand {
  clientId: string;
  /** The caller's idempotency key: the id of the message, where the order arrives as one. */
  key: string;
  /** Valid against its schema. */
  request: OrderRequest;
  /** How long to wait for the outcome, in milliseconds; 0 answers as soon as the order is durable. */
  waitMs: number;
  /** The order is durable at once, and not begun before; only the first message of a key counts. */
  notBefore?: Date;
  /** Asked now and then during the wait: true ends it, since nobody listens any more. */
  isAbandoned?: () => boolean;
}

export interface PlacedOrder {
  order: OrderView;
  /** Paid or failed: the outcome is known. */
  decided: boolean;
  /** The order existed before this call. */
  replayed: boolean;
}

export interface PlaceOrderParts extends RunningOrderParts {
  reader: OrderReader;
  catalogue: StockCatalogue;
  acceptance: OrderBatcher;
  outcomeWaiter: OutcomeWaiter;
}

/**
 * Places an order; it is durable when this returns. May be repeated for ever with the same key: the same body answers
 * the same order, by PostgreSQL once Temporal has forgotten it, and another body is refused.
 *
 * @throws {Problem} `idempotency_key_reused`, `unknown_sku`, `currency_mismatch`, `total_mismatch`; `unavailable` when
 *   it is not known whether the order was placed, so the same call should be made again
 */
export async function placeOrder(parts: PlaceOrderParts, command: PlaceOrderCommand): Promise<PlacedOrder> {
  const { clientId, key, request, waitMs, notBefore } = command;
  const now = new Date();
  const later = notBefore && notBefore > now ? notBefore : undefined;
  // An order that begins later counts as placed then: its response time is measured from there.
  const placedAt = later ?? now;
  const orderId = orderIdOf(clientId, key);
  const order: CheckoutOrder = {
    orderId,
    clientId,
    requestHash: requestHash(request),
    placedAt: placedAt.toISOString(),
    ...(later && { notBefore: later.toISOString() }),
    request,
  };
  const visit = waitMs > 0 ? parts.outcomeWaiter.enter(orderId) : undefined;
  try {
    const { view, replayed } = await placeOrFind(parts, order);
    const latest = isAtRest(view.status)
      ? undefined
      : await visit?.untilAtRest(now.getTime() + waitMs, command.isAbandoned);
    const current = latest?.view ?? view;
    return { order: current, decided: isDecided(current.status), replayed };
  } finally {
    visit?.leave();
  }
}

interface Found {
  view: OrderView;
  replayed: boolean;
}

/** Beyond the time in which a claim is followed by its start, or is taken over. Milliseconds. */
const HOLDER_PATIENCE_MS = 2 * START_DEADLINE_MS;
const POLL_INTERVAL_MS = 100;

async function placeOrFind(parts: PlaceOrderParts, order: CheckoutOrder): Promise<Found> {
  const { reader, catalogue, acceptance } = parts;
  const [stored, items] = await Promise.all([
    reader.find(order.orderId),
    catalogue.find(skusOf(order.request)),
  ]);
  if (stored) return replayStored(stored, order);

  const { problem, ...priced } = quote(order.request, items);
  // A repeat is not held against today's catalogue, so what the catalogue refuses may still be an order.
  if (problem) return (await replay(parts, order, items)) ?? refuse(problem);
  let holder = await acceptance.accept(order);
  if (!holder) return { view: placedView(order, priced), replayed: false };
  const patience = Date.now() + HOLDER_PATIENCE_MS;
  while (Date.now() < patience) {
    requireSameBody(holder.requestHash, order.requestHash);
    const found = await replay(parts, order, items);
    if (found) return found;
    // Whoever claimed the order may be about to start it; after that time it has died before it could.
    const abandoned = Date.now() - holder.since > START_DEADLINE_MS;
    if (!abandoned) await delay(POLL_INTERVAL_MS);
    else {
      holder = await acceptance.accept(order, holder.workflowId);
      if (!holder) return { view: placedView(order, priced), replayed: false };
    }
  }
  throw unavailable('The order was being placed already.');
}

/** The order that was placed with this key before; PostgreSQL first, since it may have learnt of it meanwhile. */
async function replay(
  parts: PlaceOrderParts,
  order: CheckoutOrder,
  items: StockItem[],
): Promise<Found | undefined> {
  const stored = await parts.reader.find(order.orderId);
  if (stored) return replayStored(stored, order);
  const running = await findRunning(parts, order.orderId);
  if (!running) return undefined;
  requireSameBody(running.requestHash, order.requestHash);
  return { view: placedView(running, quote(running.request, items)), replayed: true };
}

function replayStored(stored: StoredOrder, order: CheckoutOrder): Found {
  requireSameBody(stored.requestHash, order.requestHash);
  return { view: stored.view, replayed: true };
}

function refuse(problem: Problem): never {
  throw problem;
}
