import type { AuditView } from '../../src/contracts/http/audit.ts';
import type {
  DeadLetterSummary,
  DeadLetterView,
  DiscardRequest,
  ReplayRequest,
  SettleManyResult,
  SettleManyRequest,
} from '../../src/contracts/http/dead-letters.ts';
import type { MailView } from '../../src/contracts/http/mail.ts';
import type {
  AttentionRequest,
  CaptureRequestBody,
  OrderEvent,
  OrderRequest,
  OrderView,
  RefundRequestBody,
  RefundView,
  ReviewRequest,
} from '../../src/contracts/http/order.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { StockItem, StockItemRequest } from '../../src/contracts/http/stock.ts';
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
import type { Connection } from './connection.ts';
import { ApiError, TransportError, transportCode } from './errors.ts';

export interface OrderFilter {
  status?: string | undefined;
  email?: string | undefined;
  /** Only those of which a step waits for an operator. */
  attention?: true | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface DeadLetterQuery {
  state?: string | undefined;
  source?: string | undefined;
  reason?: string | undefined;
  type?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface PageQuery {
  limit: number;
  cursor: string | undefined;
}

/** `nextCursor` leads to the page after this one; without it this is the last. */
export interface Page<T> {
  data: T[];
  nextCursor?: string;
}

/** What `PUT /v1/stock` made of an item. `applied` false: it knew a newer `sequence`, and changed nothing. */
export type StockChange = StockItem & { applied: boolean };

export interface PlaceOptions {
  /** Idempotency key. */
  key: string;
  /** How long the server may wait for the outcome, at most 60; 0: it need not. */
  waitSeconds: number;
}

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * The HTTP API (docs: /openapi.json), one method an operation. Connections are kept alive between calls.
 * Throws {@link ApiError} for a problem and {@link TransportError} where no answer came; retries nothing.
 */
export class ApiClient {
  readonly url: string;
  readonly #apiKey: string | undefined;

  constructor({ url, apiKey }: Connection) {
    this.url = url;
    this.#apiKey = apiKey;
  }

  /** Safe to repeat with the same key and body: it is the same order. */
  async placeOrder(body: OrderRequest, { key, waitSeconds }: PlaceOptions): Promise<OrderView> {
    const prefer = waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : undefined;
    const headers = { 'Idempotency-Key': key, ...prefer };
    return this.#json('/v1/orders', { method: 'POST', headers, body });
  }

  async getOrder(orderId: string): Promise<OrderView> {
    return this.#json(orderPath(orderId));
  }

  async listOrders(filter: OrderFilter, signal?: AbortSignal): Promise<Page<OrderView>> {
    return this.#json(withQuery('/v1/orders', { ...filter }), { signal });
  }

  /** The order may not be cancelled yet when this answers: its status says so. */
  async cancelOrder(orderId: string, reason: string | undefined): Promise<OrderView> {
    return this.#act(orderId, 'cancel', reason === undefined ? {} : { reason });
  }

  /** Safe to repeat with the same key and body: it is the same refund. Its status says whether the money has gone back. */
  async refundOrder(orderId: string, body: RefundRequestBody, key: string): Promise<RefundView> {
    return this.#act(orderId, 'refunds', body, { 'Idempotency-Key': key });
  }

  /** Safe to repeat with the same key and body: it is the same capture. */
  async captureOrder(orderId: string, body: CaptureRequestBody, key: string): Promise<OrderView> {
    return this.#act(orderId, 'capture', body, { 'Idempotency-Key': key });
  }

  async reviewOrder(orderId: string, body: ReviewRequest): Promise<OrderView> {
    return this.#act(orderId, 'review', body);
  }

  /** Repairs a parked step. */
  async resolveAttention(orderId: string, body: AttentionRequest): Promise<OrderView> {
    return this.#act(orderId, 'attention', body);
  }

  async orderEvents(orderId: string): Promise<OrderEvent[]> {
    return (await this.#json<Page<OrderEvent>>(`${orderPath(orderId)}/events`)).data;
  }

  /**
   * The order's events as they happen: a server-sent event stream, from after `lastEventId` on. Undefined: the order
   * has ended, and there are no more.
   */
  async streamEvents(
    orderId: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const headers = {
      Accept: 'text/event-stream',
      ...(lastEventId === undefined ? undefined : { 'Last-Event-ID': lastEventId }),
    };
    const { body } = await this.#send(`${orderPath(orderId)}/events`, { headers, signal });
    return body ?? undefined;
  }

  async listStock(page: PageQuery): Promise<Page<StockItem>> {
    return this.#json(withQuery('/v1/stock', { ...page }));
  }

  async getStock(sku: string): Promise<StockItem> {
    return this.#json(stockPath(sku));
  }

  async putStock(sku: string, body: StockItemRequest): Promise<StockChange> {
    return this.#json(stockPath(sku), { method: 'PUT', body });
  }

  async stats(window: string, signal?: AbortSignal): Promise<StatsView> {
    return this.#json(withQuery('/v1/stats', { window }), { signal });
  }

  async mails(orderId: string | undefined): Promise<MailView[]> {
    return (await this.#json<Page<MailView>>(withQuery('/v1/mails', { orderId }))).data;
  }

  /** Begins an audit; `since` as ISO 8601. */
  async startAudit(since: string | undefined): Promise<AuditView> {
    return this.#json('/v1/audits', { method: 'POST', body: since === undefined ? {} : { since } });
  }

  async getAudit(auditId: string): Promise<AuditView> {
    return this.#json(`/v1/audits/${encodeURIComponent(auditId)}`);
  }

  async listDeadLetters(filter: DeadLetterQuery): Promise<Page<DeadLetterSummary>> {
    return this.#json(withQuery('/v1/dead-letters', { ...filter }));
  }

  async getDeadLetter(deadLetterId: string): Promise<DeadLetterView> {
    return this.#json(deadLetterPath(deadLetterId));
  }

  /** Safe to repeat: a message is done once. */
  async replayDeadLetter(deadLetterId: string, body: ReplayRequest): Promise<DeadLetterView> {
    return this.#json(`${deadLetterPath(deadLetterId)}/replay`, { method: 'POST', body });
  }

  async discardDeadLetter(deadLetterId: string, body: DiscardRequest): Promise<DeadLetterView> {
    return this.#json(`${deadLetterPath(deadLetterId)}/discard`, { method: 'POST', body });
  }

  /** One page; go on with its `nextCursor`. */
  async settleDeadLetters(action: 'replay' | 'discard', body: SettleManyRequest): Promise<SettleManyResult> {
    return this.#json(`/v1/dead-letters/${action}`, { method: 'POST', body });
  }

  /** Safe to repeat: the same URL and events are the same endpoint. */
  async addWebhookEndpoint(body: WebhookEndpointRequest): Promise<NewWebhookEndpointView> {
    return this.#json('/v1/webhook-endpoints', { method: 'POST', body });
  }

  async listWebhookEndpoints(
    query: PageQuery & { state: string | undefined },
  ): Promise<Page<WebhookEndpointView>> {
    return this.#json(withQuery('/v1/webhook-endpoints', { ...query }));
  }

  async changeWebhookEndpoint(endpointId: string, body: WebhookEndpointChange): Promise<WebhookEndpointView> {
    return this.#json(endpointPath(endpointId), { method: 'PATCH', body });
  }

  async removeWebhookEndpoint(endpointId: string): Promise<void> {
    await this.#send(endpointPath(endpointId), { method: 'DELETE' });
  }

  async rotateWebhookSecret(endpointId: string): Promise<WebhookSecretView> {
    return this.#json(`${endpointPath(endpointId)}/secret/rotate`, { method: 'POST' });
  }

  /** Events since then, ISO 8601. Safe to repeat: what is on its way is not sent twice. */
  async recoverWebhooks(endpointId: string, since: string): Promise<RecoverResult> {
    return this.#json(`${endpointPath(endpointId)}/recover`, { method: 'POST', body: { since } });
  }

  async listWebhookDeliveries(
    endpointId: string,
    query: { state?: string; limit: string },
  ): Promise<Page<WebhookDeliverySummary>> {
    return this.#json(withQuery(`${endpointPath(endpointId)}/deliveries`, query));
  }

  async getWebhookDelivery(deliveryId: string): Promise<WebhookDeliveryView> {
    return this.#json(deliveryPath(deliveryId));
  }

  async redeliverWebhook(deliveryId: string): Promise<WebhookDeliverySummary> {
    return this.#json(`${deliveryPath(deliveryId)}/redeliver`, { method: 'POST' });
  }

  #act<T>(orderId: string, action: string, body: object, headers?: Record<string, string>): Promise<T> {
    return this.#json(`${orderPath(orderId)}/${action}`, {
      method: 'POST',
      body,
      ...(headers && { headers }),
    });
  }

  /** The shape is what the contract promises of the path; it is not checked again here. */
  async #json<T>(path: string, call?: Call): Promise<T> {
    const response = await this.#send(path, call);
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new TransportError(
        'invalid_answer',
        `${this.url}${path} did not answer with JSON. Is it the API?`,
        {
          cause: error,
        },
      );
    }
  }

  async #send(path: string, { method = 'GET', headers = {}, body, signal }: Call = {}): Promise<Response> {
    const response = await this.#fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        ...(this.#apiKey === undefined ? undefined : { Authorization: `Bearer ${this.#apiKey}` }),
        ...(body === undefined ? undefined : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
    if (response.ok) return response;
    throw new ApiError(response.status, await response.json().catch(() => undefined));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, init);
    } catch (error) {
      if (isAbort(error)) throw error;
      const code = transportCode(error);
      throw new TransportError(code, noAnswer(this.url, code), { cause: error });
    }
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

const noAnswer = (url: string, code: string): string =>
  code === 'ECONNREFUSED'
    ? `Nothing listens at ${url}. Start the system with "npm start", or name another place with --url.`
    : `No answer from ${url} (${code}).`;

const orderPath = (orderId: string): string => `/v1/orders/${encodeURIComponent(orderId)}`;
const deadLetterPath = (deadLetterId: string): string =>
  `/v1/dead-letters/${encodeURIComponent(deadLetterId)}`;
const endpointPath = (endpointId: string): string =>
  `/v1/webhook-endpoints/${encodeURIComponent(endpointId)}`;
const deliveryPath = (deliveryId: string): string =>
  `/v1/webhook-deliveries/${encodeURIComponent(deliveryId)}`;
const stockPath = (sku: string): string => `/v1/stock/${encodeURIComponent(sku)}`;

function withQuery(path: string, query: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(Object.fromEntries(given)).toString()}`;
}
