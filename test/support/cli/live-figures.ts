import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RecentOrder } from '../../../src/contracts/http/board.ts';
import type { StatsView } from '../../../src/contracts/http/stats.ts';
import type { QueueCount } from '../../../src/domain/situation/queues.ts';
import type { Brake } from '../../../src/domain/situation/sentence.ts';

const figures = { count: 10, average: 250, p50: 251, p95: 660, p99: 1_620 };

/** A shop that sells normally. */
export const wellStats = (changes: Partial<StatsView> = {}): StatsView => ({
  windowSeconds: 300,
  throughputPerSecond: 40,
  responseTime: figures,
  stages: { reserve: { ...figures, p50: 12, p95: 20, p99: 45 }, charge: figures, notify: figures },
  orders: { placed: 12_540, byStatus: { paid: 90, payment_failed: 6, out_of_stock: 2, cancelled: 2 } },
  backlog: 7,
  parked: 2,
  disputes: { open: 0, needResponse: 0 },
  relay: [{ destination: 'kafka', behind: 0, lagMs: 100 }],
  feed: { unnumberedMs: 0, transactionMs: 0 },
  carriers: { restarted: 0, lost: 0 },
  webhooks: { pending: 0, failing: 0, disabled: 0 },
  retention: [],
  ...changes,
});

/** The live streams and `/readyz` of a shop. What is sent can be changed, and the streams can be cut. */
export class LiveFigures {
  stats = wellStats();
  queues: QueueCount[] = [];
  /** What is paused. Undefined: the server has no brakes. */
  brakes: Brake[] | undefined = [];
  orders: RecentOrder[] = [];
  checks: Record<string, string> = { postgres: 'ok', temporal: 'ok' };
  /** The status with which the stream of orders is refused. */
  refuseOrders: number | undefined;
  /** The status with which every stream is refused from now on. */
  refuse: number | undefined;
  /** Streams are opened and stay without a message. */
  isSilent = false;
  readonly #open = new Set<ServerResponse>();

  /** Answers the request, if it is for one of these. */
  handle({ url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    const isStream = headers.accept === 'text/event-stream';
    if (url === '/readyz') {
      const isReady = Object.values(this.checks).every((outcome) => outcome === 'ok');
      response.writeHead(isReady ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: isReady ? 'ok' : 'unavailable', checks: this.checks }));
      return true;
    }
    const refused = this.refuse ?? (url === '/v1/orders/recent/stream' ? this.refuseOrders : undefined);
    if (isStream && refused !== undefined) {
      const code = refused === 401 ? 'unauthorized' : 'forbidden';
      response.writeHead(refused, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code, detail: 'Refused.' }));
      return true;
    }
    const send = this.#senderOf(url);
    if (!isStream || send === undefined) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#open.add(response.once('close', () => this.#open.delete(response)));
    if (!this.isSilent) send(response);
    return true;
  }

  #senderOf(url: string): ((response: ServerResponse) => void) | undefined {
    if (url === '/v1/stats/stream')
      return (response) => {
        response.write(frame('stats', { stats: this.stats, queues: { queues: this.queues } }));
      };
    if (url === '/v1/orders/recent/stream')
      return (response) => {
        response.write(frame('orders', { data: this.orders }));
      };
    return undefined;
  }

  /** Sends everything again, on every open stream. */
  send(): void {
    for (const response of this.#open) this.#senderOf(response.req.url ?? '')?.(response);
  }

  /** Ends every open stream. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }
}

const frame = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
