import { setTimeout as delay } from 'node:timers/promises';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { OrderReader, StoredOrder } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { clientActor, type GivenBy } from '../contracts/actor.ts';
import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import type { OrderOrigin } from '../contracts/brakes.ts';
import type { Problem } from '../contracts/errors.ts';
import type { Brakes } from '../contracts/ports/brakes.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import type { OrderRequest, OrderView } from '../contracts/http/order.ts';
import type { CatalogueItem } from '../contracts/http/stock.ts';
import { isDecided } from '../domain/order-status.ts';
import type { OrderBatcher } from './batching/batcher.ts';
import { START_DEADLINE_MS } from './temporal/checkout-client.ts';
import { orderIdOf } from './order-id.ts';
import { brakedOrder } from './lib/brakes.ts';
import { unavailable } from './lib/outage.ts';
import { placedView } from './placed-view.ts';
import { priceOrder, quote, skusOf, unitPricesOf } from './quote.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';
import { requestHash, requireSameBody } from './request-hash.ts';
import { findRunningOrder, type RunningOrderParts } from './running-order.ts';
import { isAtRest, type OutcomeWaiter } from './waiting/outcome-waiter.ts';

export interface PlaceOrderCommand extends GivenBy {
  clientId: string;
  /** The caller's idempotency key: the id of the message, where the order arrives as one. */
  key: string;
  /** A key under which an order with the same body is this order: that which a message had before release 0.3. */
  formerKey?: string;
  /** Valid against its schema. */
  request: OrderRequest;
  /** Where the order comes from. Absent where it follows from another order: a pause of the intake does not stop it. */
  origin?: OrderOrigin;
  /** How long to wait for the outcome, in milliseconds; 0 answers as soon as the order is durable. */
  waitMs: number;
  /** The order is durable at once, and its workflow begins at this time. Only the first call with a key counts. */
  notBefore?: Date;
  /** Called now and then during the wait; true ends the wait, since the caller has gone. */
  isAbandoned?: () => boolean;
}

export interface PlacedOrder {
  order: OrderView;
  /** Paid or failed: the outcome is known. */
  decided: boolean;
  /** The order existed before this call. */
  replayed: boolean;
}

/**
 * Finds the reason of a cancellation that has arrived before this order. `formerOrderId` is the order's id under its former key.
 */
export type FindEarlyCancellation = (orderId: string, formerOrderId?: string) => Promise<string | undefined>;

export interface PlaceOrderParts extends RunningOrderParts {
  reader: OrderReader;
  catalogue: StockCatalogue;
  batcher: OrderBatcher;
  recovery: OrderRecovery;
  chargeRules: ChargeRules;
  brakes: Brakes;
  outcomeWaiter: OutcomeWaiter;
  /** Where the caller is in its trace. Absent: there are no traces. */
  currentTraceparent?: () => string | undefined;
  /** Absent where cancellations cannot arrive before their order, because no messages are taken in. */
  earlyCancellation?: FindEarlyCancellation;
}

/**
 * Places an order; it is durable when this returns. Safe to repeat with the same key, without a limit of time: the same body
 * returns the same order, from PostgreSQL once Temporal no longer has its workflow, and another body is refused.
 *
 * @throws {Problem} `idempotency_key_reused`, `unknown_sku`, `currency_mismatch`, `total_mismatch`, `currency_not_supported`, `amount_not_chargeable`; `intake_paused`, `sku_paused`; `too_busy`;
 *   `unavailable` when it is not known whether the order was placed: make the same call again
 */
export async function placeOrder(parts: PlaceOrderParts, command: PlaceOrderCommand): Promise<PlacedOrder> {
  const { clientId, actor, request, waitMs, notBefore } = command;
  const now = new Date();
  const later = notBefore && notBefore > now ? notBefore : undefined;
  // The response time of an order that begins later is measured from its beginning.
  const placedAt = later ?? now;
  const hash = requestHash(request);
  const orderId = await identify(parts, command, hash);
  const traceparent = parts.currentTraceparent?.();
  const order: CheckoutOrder = {
    orderId,
    clientId,
    requestHash: hash,
    placedAt: placedAt.toISOString(),
    ...(later && { notBefore: later.toISOString() }),
    // That of nearly every order is its client, whom the order names.
    ...(actor && actor.type !== 'client' && { actor }),
    ...(traceparent !== undefined && { traceparent }),
    request,
  };
  const subscription = waitMs > 0 ? parts.outcomeWaiter.subscribe(orderId) : undefined;
  try {
    const { view, replayed } = await placeOrFind(parts, order, command);
    const latest = isAtRest(view.status)
      ? undefined
      : await subscription?.untilAtRest(now.getTime() + waitMs, command.isAbandoned);
    const current = latest?.view ?? view;
    return { order: current, decided: isDecided(current.status), replayed };
  } finally {
    subscription?.unsubscribe();
  }
}

/**
 * The id of the order: that of its key, unless it was placed under its former key, by a release that did not know the new one. Another
 * body under the former key is another order: two producers may use the same ids.
 */
export async function identify(
  { claims }: { claims: Pick<OrderClaims, 'requestHashOf'> },
  { clientId, key, formerKey }: Pick<PlaceOrderCommand, 'clientId' | 'key' | 'formerKey'>,
  hash: string,
): Promise<string> {
  const idOf = (each: string): string => orderIdOf(clientId, each);
  if (formerKey !== undefined && (await claims.requestHashOf(idOf(formerKey))) === hash)
    return idOf(formerKey);
  return idOf(key);
}

interface ViewOfOrder {
  view: OrderView;
  replayed: boolean;
}

/** Longer than it takes until a claimed order is started, or its claim can be taken over. Milliseconds. */
const CLAIM_WAIT_MS = 2 * START_DEADLINE_MS;
const POLL_INTERVAL_MS = 100;

async function placeOrFind(
  parts: PlaceOrderParts,
  asked: CheckoutOrder,
  { formerKey, origin }: PlaceOrderCommand,
): Promise<ViewOfOrder> {
  const { reader, catalogue, batcher, brakes, chargeRules } = parts;
  const formerOrderId = formerKey === undefined ? undefined : orderIdOf(asked.clientId, formerKey);
  const [stored, items, cancelReason] = await Promise.all([
    reader.find(asked.orderId),
    catalogue.find(skusOf(asked.request)),
    parts.earlyCancellation?.(asked.orderId, formerOrderId),
  ]);
  if (stored) return replayStored(stored, asked);

  // Who repeats an order that exists gets it, whatever is paused.
  const braked = brakedOrder(brakes, asked.request, origin);
  if (braked) {
    const found = await replay(parts, asked, items);
    if (found) return found;
    brakes.count(braked.brake);
    throw braked.problem;
  }
  const { problem, ...priced } = quote(asked.request, items, chargeRules);
  // The catalogue may have changed since the order was placed: what it refuses now may be the repeat of an order.
  if (problem) return (await replay(parts, asked, items)) ?? refuse(problem);
  // An order that starts later costs what it was shown, whatever the catalogue says by then.
  const order: CheckoutOrder = {
    ...asked,
    ...(asked.notBefore !== undefined && { prices: unitPricesOf(priced) }),
    // It is cancelled before it is charged.
    ...(cancelReason !== undefined && { cancelReason, cancelActor: clientActor(asked.clientId) }),
  };
  let claim = await batcher.accept(order);
  if (!claim) return { view: placedView(order, priced), replayed: false };
  const deadline = Date.now() + CLAIM_WAIT_MS;
  while (Date.now() < deadline) {
    requireSameBody(claim.requestHash, order.requestHash);
    const found = await replay(parts, order, items);
    if (found) return found;
    // The process that claimed the order may be about to start it. After the deadline of a start it has failed to.
    const isAbandoned = Date.now() - claim.since > START_DEADLINE_MS;
    if (!isAbandoned) await delay(POLL_INTERVAL_MS);
    else {
      claim = await batcher.accept(order, claim);
      if (!claim) return { view: placedView(order, priced), replayed: false };
    }
  }
  throw unavailable(`Order ${order.orderId} is being placed by another request that has not finished.`);
}

/** Finds the order that was placed with this key before: in PostgreSQL, which may have it by now, or else in Temporal. */
async function replay(
  parts: PlaceOrderParts,
  order: CheckoutOrder,
  items: CatalogueItem[],
): Promise<ViewOfOrder | undefined> {
  const stored = await parts.reader.find(order.orderId);
  if (stored) return replayStored(stored, order);
  const running = await findRunningOrder(parts, order.orderId);
  if (!running) return undefined;
  requireSameBody(running.requestHash, order.requestHash);
  // That Temporal has a workflow of the order does not mean that one is alive.
  await parts.recovery.recover(order.orderId);
  return { view: placedView(running, priceOrder(running.request, items, running.prices)), replayed: true };
}

function replayStored(stored: StoredOrder, order: CheckoutOrder): ViewOfOrder {
  requireSameBody(stored.requestHash, order.requestHash);
  return { view: stored.view, replayed: true };
}

function refuse(problem: Problem): never {
  throw problem;
}
