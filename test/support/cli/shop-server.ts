import { once } from 'node:events';
import type { StatsSeriesView } from '../../../src/contracts/http/stats-series.ts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import type {
  OrderEvent,
  OrderRequest,
  OrderView,
  RefundRequestBody,
} from '../../../src/contracts/http/order.ts';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import { startOnFreePorts } from '../../../dev/processes/free-ports.ts';
import { LiveFigures } from './live-figures.ts';
import { orderLine } from '../../../src/domain/order-lines.ts';

export const API_KEY = 'ck_test_key';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A small server with the HTTP contract, on real sockets. Orders are paid at once, except with declined cards. */
export class ShopServer {
  readonly received: Received[] = [];
  readonly orders = new Map<string, OrderView>();
  readonly keys = new Map<string, string>();
  /** What event streams send: one list for each connection. The last connection stays open; later ones get 204. */
  /** The body of the last request to send mails again. */
  resent: unknown;
  streams: OrderEvent[][] = [];
  /** The connections of this many further requests are closed without an answer. */
  requestsToDrop = 0;
  /** This many further orders are answered with this problem. */
  problem: { status: number; code: string; times: number } | undefined;
  /** Whether a PUT of stock is applied. */
  applied = true;
  /** The most orders on a page. */
  pageSize = 20;
  #port = 0;
  readonly #live = new LiveFigures();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  }).on('connection', (socket) => {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  });

  /** @param port by default one on which only this process starts servers, so that another one can be started there later */
  async start(port?: number): Promise<this> {
    if (port === undefined) await startOnFreePorts(['port'], (chosen) => this.#listen(chosen.port));
    else await this.#listen(port);
    return this;
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = port;
  }

  /** The port, also after the server has stopped. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** What the live streams send. */
  get live(): LiveFigures {
    return this.#live;
  }

  add(status: OrderStatus, changes: Partial<OrderView> = {}): OrderView {
    const order = orderView(`ord_${this.orders.size + 1}`, status, changes);
    this.orders.set(order.orderId, order);
    return order;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const body: unknown = method === 'GET' ? undefined : await json(request);
    this.received.push({ method, path: request.url ?? '', headers: request.headers, body });
    if (this.requestsToDrop > 0) {
      this.requestsToDrop -= 1;
      request.socket.destroy();
      return;
    }
    if (this.#live.handle(request, response)) return;
    if (request.headers.accept === 'text/event-stream') {
      this.#stream(request, response);
      return;
    }
    const answer = this.#answer(request, method, body);
    const type = answer.status < 300 ? 'application/json' : 'application/problem+json';
    response.writeHead(answer.status, { 'content-type': type }).end(JSON.stringify(answer.body));
  }

  #answer(request: IncomingMessage, method: string, body: unknown): Answer {
    if (request.headers.authorization !== `Bearer ${API_KEY}`)
      return problem(401, 'unauthorized', 'A valid API key is required');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
    const [, , resource = '', id = '', action = ''] = pathname.split('/');
    if (resource === 'orders' && id !== '') return this.#order(decodeURIComponent(id), action, body);
    if (resource === 'orders')
      return method === 'POST' ? this.#place(request, body) : this.#list(searchParams);
    if (resource === 'stock') return this.#stock(method, id, body);
    if (resource === 'locations') return locations(method, id, body);
    if (resource === 'stats') return ok(id === 'series' ? SERIES : STATS);
    if (resource === 'brakes' && this.live.brakes) return ok({ data: this.live.brakes });
    if (resource === 'mails') return ok({ data: mailsTo(searchParams.get('orderId') ?? 'ord_1') });
    return problem(404, 'not_found', 'Not found');
  }

  #place(request: IncomingMessage, body: unknown): Answer {
    if (this.problem !== undefined && this.problem.times > 0) {
      this.problem.times -= 1;
      return problem(this.problem.status, this.problem.code, 'as configured');
    }
    const order = body as OrderRequest;
    if (order.lines.some(({ sku }) => sku === 'nothing'))
      return problem(400, 'unknown_sku', 'There is no such item', [
        { field: 'lines[0].sku', message: 'is not in the catalogue' },
      ]);
    const key = String(request.headers['idempotency-key']);
    const status = order.payment.method === 'pm_card_visa' ? 'paid' : 'payment_failed';
    const view = this.orders.get(this.keys.get(key) ?? '') ?? this.add(status);
    this.keys.set(key, view.orderId);
    if (request.headers.prefer !== undefined) return ok(view);
    return { status: 202, body: { ...view, status: 'placed' } };
  }

  #list(query: URLSearchParams): Answer {
    const limit = Math.min(Number(query.get('limit') ?? 20), this.pageSize);
    const from = Number(query.get('cursor') ?? 0);
    const all = [...this.orders.values()]
      .reverse()
      .filter(({ status }) => (query.get('status') ?? status) === status)
      .filter(({ attention }) => !query.has('attention') || attention !== null);
    const next = from + limit < all.length ? { nextCursor: String(from + limit) } : undefined;
    return ok({ data: all.slice(from, from + limit), ...next });
  }

  #order(id: string, action: string, body: unknown): Answer {
    const order = this.orders.get(id);
    if (order === undefined) return problem(404, 'order_not_found', 'There is no such order');
    if (action === 'events') return ok({ data: this.streams.flat() });
    if (action === 'refunds') return this.#refund(order, body);
    if (action === 'mails') {
      this.resent = body;
      return ok({ data: mailsTo(id) });
    }
    if (action === 'attention' && order.attention === null)
      return problem(409, 'no_attention_needed', 'No step of this order waits for an operator.');
    if (action === 'attention') return ok({ ...order, attention: null });
    if (action === 'review' && order.status !== 'in_review')
      return problem(409, 'not_in_review', `The order is ${order.status}.`);
    if (action === 'review')
      return ok({
        ...order,
        status: 'reserved',
        review: { ...order.review, ...(body as object), decidedAt: NOW },
      });
    if (action !== 'cancel') return ok(order);
    if (order.status !== 'placed') return problem(409, 'too_late', `The order is ${order.status}`);
    return ok({ ...order, status: 'cancelled' });
  }

  /** The refund is made at once, except for an order that needs attention. */
  #refund(order: OrderView, body: unknown): Answer {
    const { amount = order.total } = body as RefundRequestBody;
    if (amount > order.total)
      return problem(409, 'refund_exceeds_captured', `At most ${order.total} (minor units) is left.`, [
        { field: 'amount', message: `must be at most ${order.total}` },
      ]);
    const status = order.attention === null ? 'succeeded' : 'pending';
    const refund = {
      ...{ refundId: `${order.orderId}/refund/1`, number: 1, kind: 'requested', amount, status },
      createdAt: NOW,
    };
    return { status: status === 'pending' ? 202 : 200, body: { orderId: order.orderId, ...refund } };
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    const [, , , id = ''] = (request.url ?? '').split('/');
    if (!this.orders.has(id)) {
      const { status, body } = problem(404, 'order_not_found', 'There is no such order');
      response.writeHead(status).end(JSON.stringify(body));
      return;
    }
    const events = this.streams.shift();
    if (events === undefined) {
      response.writeHead(204).end(); // the order has ended, and the client has its last event
      return;
    }
    const messages = events.map(
      (each) => `id: ${each.sequence}\nevent: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`,
    );
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`: hello\n\n${messages.join('')}`, () => {
      if (this.streams.length > 0) request.socket.destroy();
    });
  }

  #stock(method: string, sku: string, body: unknown): Answer {
    const counts = {
      onHand: 1_000,
      available: 998,
      held: 1,
      committed: 1,
      unavailable: 0,
      oversold: 0,
      sold: 5,
    };
    const item = {
      sku: 'mug-01',
      title: 'Mug',
      unitPrice: 1200,
      currency: 'EUR',
      ...counts,
      locations: [{ location: 'default', ...counts }],
    };
    if (method === 'PUT') return ok({ ...item, sku, ...(body as object), applied: this.applied });
    return ok(sku === '' ? { data: [item] } : { ...item, sku });
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const ok = (body: unknown): Answer => ({ status: 200, body });

const problem = (status: number, code: string, detail: string, errors?: unknown): Answer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail, errors },
});

function locations(method: string, id: string, body: unknown): Answer {
  const first = { location: 'default', name: 'Default location', priority: 0, active: true };
  if (method === 'PUT') return ok({ ...first, location: id, ...(body as object) });
  return ok(id === '' ? { data: [first] } : { ...first, location: id });
}

const NOW = '2026-01-01T10:00:02.000Z';

const mailsTo = (orderId: string) => [
  { orderId, kind: 'paid', part: 1, messageId: 'm', status: 'sent', attempts: 1 },
  { orderId, kind: 'shipped', part: 2, messageId: 'n', status: 'pending', attempts: 3 },
];

export const orderView = (
  orderId: string,
  status: OrderStatus,
  changes: Partial<OrderView> = {},
): OrderView => ({
  orderId,
  status,
  currency: 'EUR',
  total: 2400,
  customer: { email: 'ada@example.com', name: 'Ada' },
  lines: [orderLine({ sku: 'mug-01', title: 'Mug', quantity: 2, unitPrice: 1200, total: 2400 }, 1)],
  payment: {
    status: 'succeeded',
    method: 'pm_card_visa',
    captured: 2400,
    refunded: 0,
    disputed: 0,
    capturable: 0,
  },
  reservations: [{ sku: 'mug-01', quantity: 2, location: 'default', state: 'consumed' }],
  shipments: [],
  returns: [],
  refunds: [],
  disputes: [],
  partiallyShipped: false,
  partiallyReturned: false,
  partiallyRefunded: false,
  attention: null,
  createdAt: '2026-01-01T10:00:00.000Z',
  updatedAt: '2026-01-01T10:00:01.000Z',
  ...changes,
});

export const orderEvent = (sequence: number, name: string): OrderEvent => ({
  id: `evt_${sequence}`,
  sequence,
  type: `com.durable-checkout.order.${name}.v1`,
  occurredAt: `2026-01-01T10:00:0${sequence}.000Z`,
  data: {},
});

const times = { count: 10, average: 50, p50: 45, p95: 90, p99: 99 };
const none = { count: 0, average: null, p50: null, p95: null, p99: null };
const SERIES: StatsSeriesView = {
  windowSeconds: 1_800,
  stepSeconds: 30,
  points: [
    { at: '2026-01-01T10:00:00.000Z', seconds: 30, placed: 30, decided: 29 },
    { at: '2026-01-01T10:00:30.000Z', seconds: 30, placed: 60, decided: 61 },
  ],
  marks: [],
};

export const STATS = {
  windowSeconds: 300,
  throughputPerSecond: 12.5,
  responseTime: times,
  stages: { reserve: times, charge: times, notify: none },
  orders: { placed: 10, byStatus: { paid: 9, placed: 1 } },
  backlog: 1,
  relay: [],
  webhooks: { pending: 0, failing: 0, disabled: 0 },
  feed: { unnumberedMs: 0, transactionMs: 1.5 },
  carriers: { restarted: 2, lost: 1, lastSweepAt: '2026-01-01T00:00:00.000Z' },
  retention: [],
  parked: 0,
  disputes: { open: 3, needResponse: 1, nextDueAt: '2026-01-09T10:00:00.000Z' },
};
