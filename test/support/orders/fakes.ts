import type { EventFeed, EventListener } from '../../../src/adapters/postgres/event-feed.ts';
import type { OrderReader, StoredOrder } from '../../../src/adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';
import type { Claim, OrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { FIRST_EPOCH, type CheckoutOrder } from '../../../src/contracts/temporal/checkout.ts';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { BatchingPolicy } from '../../../src/contracts/batching-policy.ts';
import type { CatalogueItem } from '../../../src/contracts/http/stock.ts';
import type { OrderRecovery } from '../../../src/orders/recovery/recover-order.ts';
import type { CheckoutClient } from '../../../src/orders/temporal/checkout-client.ts';

/** A feed whose notifications the test sends. */
export function fakeFeed(): EventFeed & { say: EventListener; listeners(): number } {
  const listeners = new Set<{ orderId: string; listener: EventListener }>();
  return {
    subscribe(orderId, listener) {
      const subscription = { orderId, listener };
      listeners.add(subscription);
      return () => listeners.delete(subscription);
    },
    say(orderId, ...event) {
      for (const subscription of listeners)
        if (subscription.orderId === orderId) subscription.listener(orderId, ...event);
    },
    listeners: () => listeners.size,
    close: () => Promise.resolve(),
  };
}

/** A reader that finds the order which the test sets; counts its reads. */
export function fakeReader(): OrderReader & { stored: StoredOrder | undefined; reads: number } {
  return {
    stored: undefined,
    reads: 0,
    find() {
      this.reads += 1;
      return Promise.resolve(this.stored);
    },
    parked: () => Promise.resolve([]),
    payment: () => Promise.resolve(undefined),
    operation: () => Promise.resolve(undefined),
    ids: () => Promise.resolve([]),
    list: () => Promise.resolve([]),
    events: () => Promise.resolve([]),
    recent: () => Promise.resolve([]),
    count: () => Promise.resolve({ count: 0, isEstimate: false }),
  };
}

export function storedOrder(status: OrderStatus, requestHash = 'h'): StoredOrder {
  const view: OrderView = {
    orderId: 'ord_x',
    status,
    currency: 'EUR',
    total: 1_200,
    lines: [],
    payment: { status: 'none', method: 'pm_card_visa', captured: 0, refunded: 0, disputed: 0, capturable: 0 },
    reservations: [],
    shipments: [],
    returns: [],
    refunds: [],
    disputes: [],
    partiallyShipped: false,
    partiallyReturned: false,
    partiallyRefunded: false,
    attention: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
  return { clientId: 'development', requestHash, view };
}

export const mug: CatalogueItem = { sku: 'mug-01', title: 'Mug', unitPrice: 1_200, currency: 'EUR' };

export const fakeCatalogue = (items: CatalogueItem[] = [mug]): StockCatalogue => ({
  find: () => Promise.resolve(items),
  get: () => Promise.reject(new Error('not in this test')),
  list: () => Promise.reject(new Error('not in this test')),
  put: () => Promise.reject(new Error('not in this test')),
});

/** A checkout client that remembers the orders that it has started. */
export function fakeCheckoutClient(): CheckoutClient & { started: Map<string, CheckoutOrder> } {
  const started = new Map<string, CheckoutOrder>();
  return {
    started,
    start({ order }) {
      const isNew = !started.has(order.orderId);
      if (isNew) started.set(order.orderId, order);
      return Promise.resolve(isNew);
    },
    startGroup(_workflowId, starts) {
      for (const { order } of starts) started.set(order.orderId, order);
      return Promise.resolve(true);
    },
    find: (_workflowId, orderId) => Promise.resolve(started.get(orderId)),
    findInput: () => Promise.resolve(undefined),
    restart: () => Promise.resolve(true),
    describe: () => Promise.resolve({ isRunning: true, epoch: FIRST_EPOCH, isFailing: false }),
  };
}

/** Finds every order carried. */
export const carriedOrders: OrderRecovery = { recover: () => Promise.resolve('carried') };

/** Claims in memory: the first caller gets each order, as in PostgreSQL. */
export function fakeClaims(): OrderClaims & { held: Map<string, Claim> } {
  const held = new Map<string, Claim>();
  return {
    held,
    claim: (requests) =>
      Promise.resolve(
        requests.map(({ orderId, requestHash, workflowId, from }) => {
          const holder = held.get(orderId);
          if (holder && holder.workflowId !== from) return holder;
          const claim = {
            orderId,
            requestHash,
            workflowId,
            epoch: holder ? holder.epoch + 1 : FIRST_EPOCH,
            since: Date.now(),
          };
          held.set(orderId, claim);
          return claim;
        }),
      ),
    workflowOf: (orderId) => Promise.resolve(held.get(orderId)?.workflowId),
    requestHashOf: (orderId) => Promise.resolve(held.get(orderId)?.requestHash),
  };
}

export const batching: BatchingPolicy = {
  mode: 'adaptive',
  maxSize: 50,
  maxConcurrentBatches: 2,
  maxQueued: 100,
};
