import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { CheckoutPolicy } from '../contracts/temporal/checkout.ts';
import type { BatchingPolicy } from '../contracts/batching-policy.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { BatchingView } from '../contracts/http/stats.ts';
import { createOrderBatcher } from './batching/batcher.ts';
import { cancelOrder, type CancelledOrder, type CancelOrderCommand } from './cancel-order.ts';
import { resolveAttention, type ResolveAttentionCommand } from './resolve-attention.ts';
import { captureOrder, type CapturedOrder, type CaptureOrderCommand } from './capture-order.ts';
import { createCheckoutClient } from './temporal/checkout-client.ts';
import { findOrder } from './find-order.ts';
import { createOperationClient } from './temporal/operation-client.ts';
import { applyPaymentEvent, type PaymentEvent, type PaymentEventOutcome } from './payment-event.ts';
import { placeOrder, type PlacedOrder, type PlaceOrderCommand } from './place-order.ts';
import { refundOrder, type RefundedOrder, type RefundOrderCommand } from './refund-order.ts';
import { applyReturnedRefund, type ReturnedRefundEvent } from './returned-refund.ts';
import { reviewOrder, type ReviewOrderCommand } from './review-order.ts';
import { createInFlightTracker } from './batching/in-flight.ts';
import { createOutcomeWaiter } from './waiting/outcome-waiter.ts';

export interface OrderServiceOptions {
  /** Made from the worker's NativeConnection, the worker in this process takes an order's first task along at once. */
  client: Client;
  reader: OrderReader;
  claims: OrderClaims;
  catalogue: StockCatalogue;
  feed: EventFeed;
  batching: BatchingPolicy;
  /** What a new order keeps for its whole life. */
  policy: CheckoutPolicy;
  logger: Logger;
  /** Default: the task queue `checkout`. */
  taskQueue?: string;
  /** How long a cancellation is waited for, in milliseconds. Default 30,000. */
  cancelLimitMs?: number;
  /** How long a refund, a capture or a decision is waited for, in milliseconds. Default 15,000. */
  operationLimitMs?: number;
}

/** What can be done with orders, the same for every way in: HTTP and each message broker. */
export interface OrderService {
  place(command: PlaceOrderCommand): Promise<PlacedOrder>;
  find(clientId: string, orderId: string): Promise<OrderView>;
  cancel(command: CancelOrderCommand): Promise<CancelledOrder>;
  refund(command: RefundOrderCommand): Promise<RefundedOrder>;
  capture(command: CaptureOrderCommand): Promise<CapturedOrder>;
  review(command: ReviewOrderCommand): Promise<OrderView>;
  resolveAttention(command: ResolveAttentionCommand): Promise<OrderView>;
  applyPaymentEvent(news: PaymentEvent): Promise<PaymentEventOutcome>;
  applyReturnedRefund(news: ReturnedRefundEvent): Promise<void>;
  /** How orders have left in the last so many seconds. */
  batching(windowSeconds: number): BatchingView;
  /** Answers everyone who waits for an outcome, now and later: the process ends. */
  stopWaiting(): void;
}

export function createOrderService(options: OrderServiceOptions): OrderService {
  const { client, reader, claims, catalogue, feed, batching, policy, logger, taskQueue } = options;
  const { cancelLimitMs = 30_000, operationLimitMs = 15_000 } = options;
  const runs = createCheckoutClient(client, { policy, ...(taskQueue !== undefined && { taskQueue }) });
  const acceptance = createOrderBatcher(claims, runs, batching, createInFlightTracker(feed));
  const outcomeWaiter = createOutcomeWaiter(feed, reader);
  const operations = createOperationClient(client, taskQueue);
  const limits = { cancelLimitMs, operationLimitMs };
  const shared = { client, reader, claims, catalogue, runs, acceptance };
  const parts = { ...shared, operations, outcomeWaiter, logger, ...limits };

  return {
    place: (command) => placeOrder(parts, command),
    find: (clientId, orderId) => findOrder(parts, clientId, orderId),
    cancel: (command) => cancelOrder(parts, command),
    refund: (command) => refundOrder(parts, command),
    capture: (command) => captureOrder(parts, command),
    review: (command) => reviewOrder(parts, command),
    resolveAttention: (command) => resolveAttention(parts, command),
    applyPaymentEvent: (news) => applyPaymentEvent(parts, news),
    applyReturnedRefund: (news) => applyReturnedRefund(parts, news),
    batching: (windowSeconds) => acceptance.departures.read(windowSeconds),
    stopWaiting: () => {
      outcomeWaiter.close();
    },
  };
}
