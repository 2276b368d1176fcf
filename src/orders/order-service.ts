import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import type { CheckoutPolicy } from '../contracts/checkout.ts';
import type { OrderView } from '../contracts/order.ts';
import { cancelOrder, type CancelledOrder, type CancelOrder } from './cancel-order.ts';
import { createCheckoutRuns } from './checkout-runs.ts';
import { findOrder } from './find-order.ts';
import { applyPaymentNews, type PaymentNews, type PaymentNewsOutcome } from './payment-webhook.ts';
import { placeOrder, type PlacedOrder, type PlaceOrder } from './place-order.ts';
import { createWaitingRoom } from './waiting-room.ts';

export interface OrderServiceOptions {
  /** Made from the worker's NativeConnection, the worker in this process takes an order's first task along at once. */
  client: Client;
  reader: OrderReader;
  catalogue: StockCatalogue;
  feed: EventFeed;
  /** What a new order keeps for its whole life. */
  policy: CheckoutPolicy;
  logger: Logger;
  /** Default: the task queue `checkout`. */
  taskQueue?: string;
  /** How long a cancellation is waited for, in milliseconds. Default 30,000. */
  cancelLimitMs?: number;
}

/** What can be done with orders, the same for every way in: HTTP and each message broker. */
export interface OrderService {
  place(command: PlaceOrder): Promise<PlacedOrder>;
  find(clientId: string, orderId: string): Promise<OrderView>;
  cancel(command: CancelOrder): Promise<CancelledOrder>;
  applyPaymentNews(news: PaymentNews): Promise<PaymentNewsOutcome>;
  /** Answers everyone who waits for an outcome, now and later: the process ends. */
  stopWaiting(): void;
}

export function createOrderService(options: OrderServiceOptions): OrderService {
  const { client, reader, catalogue, feed, policy, logger, taskQueue, cancelLimitMs = 30_000 } = options;
  const runs = createCheckoutRuns(client, { policy, ...(taskQueue !== undefined && { taskQueue }) });
  const waitingRoom = createWaitingRoom(feed, reader);
  const parts = { client, reader, catalogue, runs, waitingRoom, logger, cancelLimitMs };

  return {
    place: (command) => placeOrder(parts, command),
    find: (clientId, orderId) => findOrder(parts, clientId, orderId),
    cancel: (command) => cancelOrder(parts, command),
    applyPaymentNews: (news) => applyPaymentNews(parts, news),
    stopWaiting: () => {
      waitingRoom.close();
    },
  };
}
