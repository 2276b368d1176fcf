import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { EventFeed } from '../adapters/postgres/event-feed.ts';
import type { OrderCarriers } from '../adapters/postgres/order-carriers.ts';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { StockCatalogue } from '../adapters/postgres/stock-catalogue.ts';
import { NO_BRAKES, type Brakes } from '../contracts/ports/brakes.ts';
import type { ChargeRules } from '../contracts/ports/charge-rules.ts';
import type { CheckoutPolicy } from '../contracts/temporal/checkout.ts';
import type { BatchingPolicy } from '../contracts/batching-policy.ts';
import type { BatchObserver } from '../contracts/ports/batch-observer.ts';
import type { InTraceOf, TraceOrders } from '../contracts/ports/tracing.ts';
import type { OrderView } from '../contracts/http/order.ts';
import type { BatchingView } from '../contracts/http/stats.ts';
import { createOrderBatcher } from './batching/batcher.ts';
import { createInFlightTracker } from './batching/in-flight.ts';
import { cancelOrder, type CancelledOrder, type CancelOrderCommand } from './cancel-order.ts';
import { cancelOrderLines, type CancelLinesCommand } from './cancel-order-lines.ts';
import { captureOrder, type CapturedOrder, type CaptureOrderCommand } from './capture-order.ts';
import { checkPayment, type CheckPaymentCommand } from './check-payment.ts';
import { findOrder } from './find-order.ts';
import {
  placeOrder,
  type FindEarlyCancellation,
  type PlacedOrder,
  type PlaceOrderCommand,
} from './place-order.ts';
import { createOrderRecovery } from './recovery/recover-order.ts';
import { refundOrder, type RefundedOrder, type RefundOrderCommand } from './refund-order.ts';
import { resolveAttention, type ResolveAttentionCommand } from './resolve-attention.ts';
import { reviewOrder, type ReviewOrderCommand } from './review-order.ts';
import { applyStripeEvent, type StripeEvent } from './stripe-event.ts';
import { createDisputesClient } from './temporal/disputes-client.ts';
import { createCheckoutClient } from './temporal/checkout-client.ts';
import { createOperationClient } from './temporal/operation-client.ts';
import { createUnknownPayments } from './unknown-payments.ts';
import { createOutcomeWaiter } from './waiting/outcome-waiter.ts';

export interface OrderServiceOptions {
  /** Made from the NativeConnection of a worker, it lets a worker of this process run an order's first task at once. */
  client: Client;
  reader: OrderReader;
  claims: OrderClaims;
  carriers: OrderCarriers;
  ledger: Pick<OrderLedger, 'resolveStep'>;
  catalogue: StockCatalogue;
  /** What the payment provider can charge. */
  chargeRules: ChargeRules;
  /** What operators have paused. Default: nothing. */
  brakes?: Brakes;
  feed: EventFeed;
  batching: BatchingPolicy;
  /** Each new order keeps the policy that it was placed under. */
  policy: CheckoutPolicy;
  logger: Logger;
  /** Hears of the batches in which orders are started. */
  batchObserver?: BatchObserver;
  /** Absent: there are no traces. */
  tracing?: OrderTracing;
  /** Needed where cancellations arrive by message, perhaps before their order. */
  earlyCancellation?: FindEarlyCancellation;
  /** Default: the task queue `checkout`. */
  taskQueue?: string;
  /** How long a cancellation is waited for, in milliseconds. Default 30,000. */
  cancelLimitMs?: number;
  /** How long a refund, a capture, a review or an operator's action is waited for, in milliseconds. Default 15,000. */
  operationLimitMs?: number;
}

export interface OrderTracing {
  readonly currentTraceparent: () => string | undefined;
  readonly orders: TraceOrders;
  readonly inTraceOf: InTraceOf;
}

/** Everything that can be done with orders, for HTTP and for each message broker alike. A process has one. */
export interface OrderService {
  place(command: PlaceOrderCommand): Promise<PlacedOrder>;
  readonly find: (clientId: string, orderId: string) => Promise<OrderView>;
  cancel(command: CancelOrderCommand): Promise<CancelledOrder>;
  cancelLines(command: CancelLinesCommand): Promise<CancelledOrder>;
  refund(command: RefundOrderCommand): Promise<RefundedOrder>;
  capture(command: CaptureOrderCommand): Promise<CapturedOrder>;
  review(command: ReviewOrderCommand): Promise<OrderView>;
  resolveAttention(command: ResolveAttentionCommand): Promise<OrderView>;
  checkPayment(command: CheckPaymentCommand): Promise<OrderView>;
  /** Applies a verified event of Stripe; returns the id of the order that it is about, if it is about one. */
  applyStripeEvent(event: StripeEvent): Promise<string | undefined>;
  /** How orders were started in the last so many seconds. */
  batching(windowSeconds: number): BatchingView;
  /** How many events of Stripe have named an order that is not known here, since this process started. */
  unknownPaymentEvents(): number;
  /** Answers every caller who waits for an outcome, now and later. Call it when the process ends. */
  stopWaiting(): void;
}

export function createOrderService(options: OrderServiceOptions): OrderService {
  const {
    client,
    reader,
    claims,
    carriers,
    ledger,
    catalogue,
    chargeRules,
    brakes = NO_BRAKES,
    feed,
    batching,
    policy,
    logger,
    taskQueue,
    earlyCancellation,
    tracing,
  } = options;
  const { cancelLimitMs = 30_000, operationLimitMs = 15_000 } = options;
  const checkouts = createCheckoutClient(client, { policy, ...(taskQueue !== undefined && { taskQueue }) });
  const batcher = createOrderBatcher(
    claims,
    checkouts,
    batching,
    createInFlightTracker(feed),
    options.batchObserver,
    tracing?.orders,
  );
  const outcomeWaiter = createOutcomeWaiter(feed, reader);
  const operations = createOperationClient(client, taskQueue);
  const disputes = createDisputesClient(client, taskQueue);
  const unknownPayments = createUnknownPayments();
  const stores = { reader, claims, carriers, ledger, catalogue, chargeRules };
  const clients = { client, checkouts, operations, disputes };
  const parts = {
    ...stores,
    ...clients,
    batcher,
    brakes,
    outcomeWaiter,
    recovery: createOrderRecovery({
      carriers,
      checkouts,
      policy,
      ...(tracing && { inTraceOf: tracing.inTraceOf }),
      logger,
    }),
    unknownPayments,
    logger,
    cancelLimitMs,
    operationLimitMs,
    ...(earlyCancellation && { earlyCancellation }),
    ...(tracing && { currentTraceparent: tracing.currentTraceparent }),
  };

  return {
    place: (command) => placeOrder(parts, command),
    find: (clientId, orderId) => findOrder(parts, clientId, orderId),
    cancel: (command) => cancelOrder(parts, command),
    cancelLines: (command) => cancelOrderLines(parts, command),
    refund: (command) => refundOrder(parts, command),
    capture: (command) => captureOrder(parts, command),
    review: (command) => reviewOrder(parts, command),
    checkPayment: (command) => checkPayment(parts, command),
    resolveAttention: (command) => resolveAttention(parts, command),
    applyStripeEvent: (event) => applyStripeEvent(parts, event),
    batching: (windowSeconds) => batcher.batchMetrics.read(windowSeconds),
    unknownPaymentEvents: () => unknownPayments.count(),
    stopWaiting: () => {
      outcomeWaiter.close();
    },
  };
}
