import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { BrakeReleaseRequest, BrakeRequest, BrakeView } from '../../src/contracts/http/brakes.ts';
import type {
  DeadLetterCheck,
  DeadLetterSummary,
  DeadLetterView,
  DiscardRequest,
  ReplayRequest,
  SettleManyResult,
  SettleManyRequest,
} from '../../src/contracts/http/dead-letters.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { LocationRequest, LocationView } from '../../src/contracts/http/locations.ts';
import type { MailView, ResendMailsRequest } from '../../src/contracts/http/mail.ts';
import type {
  Address,
  AttentionRequest,
  CancelRequest,
  CaptureRequestBody,
  OrderEvent,
  OrderRequest,
  OrderView,
  RefundRequestBody,
  RefundView,
  ReviewRequest,
} from '../../src/contracts/http/order.ts';
import type {
  ReceiptRequest,
  ReturnAction,
  ReturnDecisionRequest,
  ReturnRequest,
  ReturnView,
} from '../../src/contracts/http/returns.ts';
import type {
  ListedShipmentView,
  LostShipmentBody,
  ShipmentReportBody,
  ShipmentStatus,
  ShipmentView,
} from '../../src/contracts/http/shipments.ts';
import type { StatsSeriesView } from '../../src/contracts/http/stats-series.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { StockFilter, StockItem, StockItemRequest } from '../../src/contracts/http/stock.ts';
import type { SequenceFilter, SequenceReset, StockSyncResult } from '../../src/contracts/http/stock-sync.ts';
import type {
  NewWebhookEndpointView,
  RecoverResult,
  WebhookDeliverySummary,
  WebhookDeliveryView,
  WebhookEndpointChange,
  WebhookEndpointRequest,
  WebhookEndpointView,
  WebhookSecretView,
} from '../../src/contracts/http/webhooks.ts';
import { BatchCalls } from './batch-calls.ts';
import type { Connection } from './connection.ts';
import { ApiError } from './errors.ts';
import {
  withQuery,
  type DeadLetterQuery,
  type DisputeQuery,
  type OrderFilter,
  type Page,
  type PageQuery,
} from './queries.ts';
import { Transport, type RetryPolicy } from './transport.ts';

/** An item after `PUT /v1/stock`. `applied` is false when a report with a newer `sequence` came before: nothing was changed. */
export type StockChange = StockItem & { applied: boolean };

export interface PlaceOptions {
  /** Idempotency key. */
  key: string;
  /** How long the server may wait for the outcome, in seconds, at most 60; 0: it answers at once. */
  waitSeconds: number;
}

export interface ApiClientOptions {
  /** For a client that goes on through faults. Default: each call is made once. */
  readonly retry?: RetryPolicy;
}

/**
 * The HTTP API (/openapi.json), one method for each operation. Every method throws `ApiError` for a problem, and
 * `TransportError` when no answer came: the request may have been carried out.
 */
export class ApiClient {
  readonly batches: BatchCalls;
  readonly #transport: Transport;

  constructor(connection: Connection, { retry }: ApiClientOptions = {}) {
    this.#transport = new Transport(connection, retry);
    this.batches = new BatchCalls(this.#transport);
  }

  /** Safe to repeat: the same key and body are the same order. */
  async placeOrder(body: OrderRequest, { key, waitSeconds }: PlaceOptions): Promise<OrderView> {
    const prefer = waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : undefined;
    const headers = { 'Idempotency-Key': key, ...prefer };
    return this.#transport.json('/v1/orders', { method: 'POST', headers, body });
  }

  async getOrder(orderId: string): Promise<OrderView> {
    return this.#transport.json(orderPath(orderId));
  }

  async listOrders(filter: OrderFilter, signal?: AbortSignal): Promise<Page<OrderView>> {
    return this.#transport.json(withQuery('/v1/orders', { ...filter }), { signal });
  }

  /** Returns the order as it is: it may be cancelled only later, which its status then shows. */
  async cancelOrder(orderId: string, reason?: string): Promise<OrderView> {
    return this.#act(orderId, 'cancel', reason === undefined ? {} : { reason });
  }

  /** Cancels pieces of a paid order. Safe to repeat: the same key and body are the same cancellation. */
  async cancelOrderLines(
    orderId: string,
    body: CancelRequest & Required<Pick<CancelRequest, 'lines'>>,
    key: string,
  ): Promise<OrderView> {
    return this.#act(orderId, 'cancel', body, { 'Idempotency-Key': key });
  }

  /** Safe to repeat: the same key and body are the same refund. Its status says whether the money has gone back. */
  async refundOrder(orderId: string, body: RefundRequestBody, key: string): Promise<RefundView> {
    return this.#act(orderId, 'refunds', body, { 'Idempotency-Key': key });
  }

  /** Safe to repeat: the same key and body are the same capture. */
  async captureOrder(orderId: string, body: CaptureRequestBody, key: string): Promise<OrderView> {
    return this.#act(orderId, 'capture', body, { 'Idempotency-Key': key });
  }

  async reviewOrder(orderId: string, body: ReviewRequest): Promise<OrderView> {
    return this.#act(orderId, 'review', body);
  }

  /** Safe to repeat: the same key and body are the same return. */
  async requestReturn(orderId: string, body: ReturnRequest, key: string): Promise<ReturnView> {
    return this.#act(orderId, 'returns', body, { 'Idempotency-Key': key });
  }

  async listBrakes(query: PageQuery & { state: string }): Promise<Page<BrakeView>> {
    return this.#transport.json(withQuery('/v1/brakes', { ...query }));
  }

  /** Safe to repeat: a brake that is on stays as it is. */
  async setBrake(body: BrakeRequest): Promise<BrakeView> {
    return this.#transport.json('/v1/brakes', { method: 'POST', body });
  }

  /** Safe to repeat: the first release counts. */
  async releaseBrake(brakeId: number, body: BrakeReleaseRequest): Promise<BrakeView> {
    return this.#transport.json(`/v1/brakes/${brakeId}/release`, { method: 'POST', body });
  }

  async listDisputes(query: DisputeQuery): Promise<Page<DisputeView>> {
    return this.#transport.json(withQuery('/v1/disputes', { ...query }));
  }

  async listReturns(query: PageQuery & { status: string | undefined }): Promise<Page<ReturnView>> {
    return this.#transport.json(withQuery('/v1/returns', { ...query }));
  }

  async getReturn(returnId: string): Promise<ReturnView> {
    return this.#transport.json(returnPath(returnId));
  }

  async decideReturn(
    returnId: string,
    action: ReturnAction,
    body: ReturnDecisionRequest = {},
  ): Promise<ReturnView> {
    return this.#transport.json(`${returnPath(returnId)}/${action}`, { method: 'POST', body });
  }

  /** Safe to repeat: the same key and body are the same receipt. */
  async receiveReturn(returnId: string, body: ReceiptRequest, key: string): Promise<ReturnView> {
    const headers = { 'Idempotency-Key': key };
    return this.#transport.json(`${returnPath(returnId)}/receive`, { method: 'POST', headers, body });
  }

  /** Resolves a step that waits for an operator. */
  async resolveAttention(orderId: string, body: AttentionRequest): Promise<OrderView> {
    return this.#act(orderId, 'attention', body);
  }

  async listShipments(
    query: PageQuery & { status?: ShipmentStatus | undefined; late?: boolean | undefined },
  ): Promise<Page<ListedShipmentView>> {
    return this.#transport.json(withQuery('/v1/shipments', { ...query }));
  }

  async shipmentsOf(orderId: string): Promise<ShipmentView[]> {
    return (await this.#transport.json<Page<ShipmentView>>(`${orderPath(orderId)}/shipments`)).data;
  }

  /** Safe to repeat: the same key and body are the same shipment. */
  async reportShipment(orderId: string, body: ShipmentReportBody, key: string): Promise<ShipmentView> {
    return this.#act(orderId, 'shipments', body, { 'Idempotency-Key': key });
  }

  /** Safe to repeat. */
  async changeShipment(
    orderId: string,
    shipmentId: string,
    action: 'hold' | 'release' | 'cancel' | 'deliver' | 'lost',
    body?: LostShipmentBody,
  ): Promise<ShipmentView> {
    return this.#transport.json(
      `${orderPath(orderId)}/shipments/${encodeURIComponent(shipmentId)}/${action}`,
      {
        method: 'POST',
        ...(body && { body }),
      },
    );
  }

  async changeAddress(orderId: string, shipping: Address): Promise<OrderView> {
    return this.#transport.json(`${orderPath(orderId)}/shipping`, { method: 'PUT', body: shipping });
  }

  async orderEvents(orderId: string): Promise<OrderEvent[]> {
    return (await this.#transport.json<Page<OrderEvent>>(`${orderPath(orderId)}/events`)).data;
  }

  /**
   * The events of the order as they happen, as a server-sent event stream that begins after `lastEventId`. Undefined when
   * the order has ended and no events are left.
   */
  async streamEvents(
    orderId: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#stream(
      `${orderPath(orderId)}/events`,
      signal,
      lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
    );
  }

  /** The figures and the queues as a server-sent event stream, once a second. */
  async streamStats(signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#stream('/v1/stats/stream', signal);
  }

  /** The newest orders, and then those that change, as a server-sent event stream. */
  async streamRecentOrders(signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#stream('/v1/orders/recent/stream', signal);
  }

  async listStock(page: PageQuery & StockFilter): Promise<Page<StockItem>> {
    return this.#transport.json(withQuery('/v1/stock', { ...page }));
  }

  async getStock(sku: string): Promise<StockItem> {
    return this.#transport.json(stockPath(sku));
  }

  async putStock(sku: string, body: StockItemRequest): Promise<StockChange> {
    return this.#transport.json(stockPath(sku), { method: 'PUT', body });
  }

  /**
   * Reports stock, one row a line as JSON, at most 10,000 of them. Yields the result of each row as it comes. Safe to repeat: a row that
   * was applied is `stale`.
   */
  async *syncStock(rows: string): AsyncGenerator<StockSyncResult> {
    const type = 'application/x-ndjson';
    const { body } = await this.#transport.send('/v1/stock/sync', {
      method: 'POST',
      headers: { Accept: type },
      text: { contentType: type, value: rows },
    });
    if (body === null) return;
    for await (const line of createInterface({ input: Readable.fromWeb(body) }))
      yield JSON.parse(line) as StockSyncResult;
  }

  async resetStockSequences(filter: SequenceFilter): Promise<SequenceReset> {
    return this.#transport.json(withQuery('/v1/stock/sequences', { ...filter }), { method: 'DELETE' });
  }

  async listLocations(): Promise<LocationView[]> {
    return (await this.#transport.json<Page<LocationView>>('/v1/locations')).data;
  }

  async getLocation(location: string): Promise<LocationView> {
    return this.#transport.json(locationPath(location));
  }

  async putLocation(location: string, body: LocationRequest): Promise<LocationView> {
    return this.#transport.json(locationPath(location), { method: 'PUT', body });
  }

  async stats(window: string, signal?: AbortSignal): Promise<StatsView> {
    return this.#transport.json(withQuery('/v1/stats', { window }), { signal });
  }

  /** What was placed and decided in each step of a window, such as `30m` and `30s`. */
  async statsSeries(window: string, step: string, signal?: AbortSignal): Promise<StatsSeriesView> {
    return this.#transport.json(withQuery('/v1/stats/series', { window, step }), { signal });
  }

  async mails(orderId: string | undefined): Promise<MailView[]> {
    return (await this.#transport.json<Page<MailView>>(withQuery('/v1/mails', { orderId }))).data;
  }

  async resendMails(orderId: string, body: ResendMailsRequest): Promise<MailView[]> {
    const path = `${orderPath(orderId)}/mails/resend`;
    return (await this.#transport.json<Page<MailView>>(path, { method: 'POST', body })).data;
  }

  /** The servers that the API needs, by name: `ok`, or what is wrong. */
  async readiness(signal?: AbortSignal): Promise<Record<string, string>> {
    try {
      return (await this.#transport.json<Readiness>('/readyz', { signal })).checks;
    } catch (error) {
      const isUnready = error instanceof ApiError && error.status === 503;
      if (!isUnready) throw error;
      return (error.body as Partial<Readiness> | undefined)?.checks ?? { api: 'unavailable' };
    }
  }

  /** Starts an audit of the orders placed since a time (ISO 8601), and waits for its report so many seconds, at most 60. */
  async startAudit(since?: string, waitSeconds = 0): Promise<AuditView> {
    const headers = waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : undefined;
    const body = since === undefined ? {} : { since };
    return this.#transport.json('/v1/audits', { method: 'POST', headers, body });
  }

  async getAudit(auditId: string): Promise<AuditView> {
    return this.#transport.json(`/v1/audits/${encodeURIComponent(auditId)}`);
  }

  async listDeadLetters(filter: DeadLetterQuery): Promise<Page<DeadLetterSummary>> {
    return this.#transport.json(withQuery('/v1/dead-letters', { ...filter }));
  }

  async getDeadLetter(deadLetterId: string): Promise<DeadLetterView> {
    return this.#transport.json(deadLetterPath(deadLetterId));
  }

  /** Safe to repeat: a message is executed once. */
  async replayDeadLetter(deadLetterId: string, body: ReplayRequest): Promise<DeadLetterView> {
    return this.#transport.json(`${deadLetterPath(deadLetterId)}/replay`, { method: 'POST', body });
  }

  async checkDeadLetter(deadLetterId: string, body: ReplayRequest): Promise<DeadLetterCheck> {
    return this.#transport.json(`${deadLetterPath(deadLetterId)}/check`, { method: 'POST', body });
  }

  async discardDeadLetter(deadLetterId: string, body: DiscardRequest): Promise<DeadLetterView> {
    return this.#transport.json(`${deadLetterPath(deadLetterId)}/discard`, { method: 'POST', body });
  }

  /** Settles one page of dead letters; the next call takes its `nextCursor`. */
  async settleDeadLetters(action: 'replay' | 'discard', body: SettleManyRequest): Promise<SettleManyResult> {
    return this.#transport.json(`/v1/dead-letters/${action}`, { method: 'POST', body });
  }

  /** Safe to repeat: the same URL and events are the same endpoint. */
  async addWebhookEndpoint(body: WebhookEndpointRequest): Promise<NewWebhookEndpointView> {
    return this.#transport.json('/v1/webhook-endpoints', { method: 'POST', body });
  }

  async listWebhookEndpoints(
    query: PageQuery & { state: string | undefined },
  ): Promise<Page<WebhookEndpointView>> {
    return this.#transport.json(withQuery('/v1/webhook-endpoints', { ...query }));
  }

  async changeWebhookEndpoint(endpointId: string, body: WebhookEndpointChange): Promise<WebhookEndpointView> {
    return this.#transport.json(endpointPath(endpointId), { method: 'PATCH', body });
  }

  async removeWebhookEndpoint(endpointId: string): Promise<void> {
    await this.#transport.send(endpointPath(endpointId), { method: 'DELETE' });
  }

  async rotateWebhookSecret(endpointId: string): Promise<WebhookSecretView> {
    return this.#transport.json(`${endpointPath(endpointId)}/secret/rotate`, { method: 'POST' });
  }

  /** Sends the events since a time (ISO 8601) that were not delivered. Safe to repeat: a delivery in progress is not made twice. */
  async recoverWebhooks(endpointId: string, since: string): Promise<RecoverResult> {
    return this.#transport.json(`${endpointPath(endpointId)}/recover`, { method: 'POST', body: { since } });
  }

  async listWebhookDeliveries(
    endpointId: string,
    query: { state?: string; limit: string },
  ): Promise<Page<WebhookDeliverySummary>> {
    return this.#transport.json(withQuery(`${endpointPath(endpointId)}/deliveries`, query));
  }

  async getWebhookDelivery(deliveryId: string): Promise<WebhookDeliveryView> {
    return this.#transport.json(deliveryPath(deliveryId));
  }

  async redeliverWebhook(deliveryId: string): Promise<WebhookDeliverySummary> {
    return this.#transport.json(`${deliveryPath(deliveryId)}/redeliver`, { method: 'POST' });
  }

  async #stream(
    path: string,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { body } = await this.#transport.send(path, {
      headers: { Accept: 'text/event-stream', ...headers },
      signal,
    });
    return body ?? undefined;
  }

  #act<T>(orderId: string, action: string, body: object, headers?: Record<string, string>): Promise<T> {
    return this.#transport.json(`${orderPath(orderId)}/${action}`, {
      method: 'POST',
      body,
      ...(headers && { headers }),
    });
  }
}

interface Readiness {
  checks: Record<string, string>;
}

const orderPath = (orderId: string): string => `/v1/orders/${encodeURIComponent(orderId)}`;
const returnPath = (returnId: string): string => `/v1/returns/${encodeURIComponent(returnId)}`;
const deadLetterPath = (deadLetterId: string): string =>
  `/v1/dead-letters/${encodeURIComponent(deadLetterId)}`;
const endpointPath = (endpointId: string): string =>
  `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`;
const deliveryPath = (deliveryId: string): string =>
  `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}`;
const stockPath = (sku: string): string => `/v1/stock/${encodeURIComponent(sku)}`;
const locationPath = (location: string): string => `/v1/locations/${encodeURIComponent(location)}`;
