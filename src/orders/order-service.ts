import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { CheckoutPolicy } from '../contracts/temporal/checkout.ts';
import type { GroupingPolicy } from '../contracts/batching-policy.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { GroupingView } from '../contracts/http/stats.ts';
import { createAcceptance } from './batching/batcher.ts';
import { cancelOrder, type CancelledOrder, type CancelOrder } from './cancel-order.ts';
import { attendOrder, type AttendOrderCommand } from './resolve-attention.ts';
import { captureOrder, type CapturedOrder, type CaptureOrderCommand } from './capture-order.ts';
import { createCheckoutRuns } from './temporal/checkout-client.ts';
import { findOrder } from './find-order.ts';
import { createOperationRuns } from './temporal/operation-client.ts';
import { applyPaymentNews, type PaymentNews, type PaymentNewsOutcome } from './payment-event.ts';
import { placeOrder, type PlacedOrder, type PlaceOrder } from './place-order.ts';
import { refundOrder, type RefundedOrder, type RefundOrderCommand } from './refund-order.ts';
import { applyReturnedRefund, type ReturnedRefundNews } from './returned-refund.ts';
import { reviewOrder, type ReviewOrderCommand } from './review-order.ts';
import { createUnderWay } from './batching/in-flight.ts';
import { createWaitingRoom } from './waiting/outcome-waiter.ts';

export interface OrderServiceOptions {
  /** Made from the worker's NativeConnection, the worker in this process takes an order's first task along at once. */
  client: Client;
  reader: OrderReader;
  claims: OrderClaims;
  catalogue: StockCatalogue;
  feed: EventFeed;
  grouping: GroupingPolicy;
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
  place(command: PlaceOrder): Promise<PlacedOrder>;
  find(clientId: string, orderId: string): Promise<OrderView>;
  cancel(command: CancelOrder): Promise<CancelledOrder>;
  refund(command: RefundOrderCommand): Promise<RefundedOrder>;
  capture(command: CaptureOrderCommand): Promise<CapturedOrder>;
  review(command: ReviewOrderCommand): Promise<OrderView>;
  attend(command: AttendOrderCommand): Promise<OrderView>;
  applyPaymentNews(news: PaymentNews): Promise<PaymentNewsOutcome>;
  applyReturnedRefund(news: ReturnedRefundNews): Promise<void>;
  /** How orders have left in the last so many seconds. */
  grouping(windowSeconds: number): GroupingView;
  /** Answers everyone who waits for an outcome, now and later: the process ends. */
  stopWaiting(): void;
}

export function createOrderService(options: OrderServiceOptions): OrderService {
  const { client, reader, claims, catalogue, feed, grouping, policy, logger, taskQueue } = options;
  const { cancelLimitMs = 30_000, operationLimitMs = 15_000 } = options;
  const runs = createCheckoutRuns(client, { policy, ...(taskQueue !== undefined && { taskQueue }) });
  const acceptance = createAcceptance(claims, runs, grouping, createUnderWay(feed));
  const waitingRoom = createWaitingRoom(feed, reader);
  const operations = createOperationRuns(client, taskQueue);
  const limits = { cancelLimitMs, operationLimitMs };
  const shared = { client, reader, claims, catalogue, runs, acceptance };
  const parts = { ...shared, operations, waitingRoom, logger, ...limits };

  return {
    place: (command) => placeOrder(parts, command),
    find: (clientId, orderId) => findOrder(parts, clientId, orderId),
    cancel: (command) => cancelOrder(parts, command),
    refund: (command) => refundOrder(parts, command),
    capture: (command) => captureOrder(parts, command),
    review: (command) => reviewOrder(parts, command),
    attend: (command) => attendOrder(parts, command),
    applyPaymentNews: (news) => applyPaymentNews(parts, news),
    applyReturnedRefund: (news) => applyReturnedRefund(parts, news),
    grouping: (windowSeconds) => acceptance.departures.read(windowSeconds),
    stopWaiting: () => {
      waitingRoom.close();
    },
  };
}
