import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Logger } from 'pino';

/** Milliseconds before the first retry; doubled for each further retry up to the maximum. */
const FIRST_RETRY_DELAY_MS = 500;
const MAX_RETRY_DELAY_MS = 60_000;
/** Stripe gives up after three days (docs.stripe.com/webhooks#retries). */
const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60 * 1000;
const RESPONSE_TIMEOUT_MS = 10_000;
const MAX_CONCURRENT_DELIVERIES = 16;

export interface WebhookMessage {
  readonly body: string;
  /** The headers of this sender: its signature, and its name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookOptions<Event> {
  readonly url: string;
  readonly logger: Logger;
  readonly event: (id: string) => Event | undefined;
  /** Called for each attempt, so that its signature is new. */
  readonly message: (event: Event) => WebhookMessage;
  /** Unix milliseconds. */
  readonly createdAt: (event: Event) => number;
  /** Called when an event is not sent any more: it was answered 2xx, or given up. */
  readonly onDone: (id: string) => void;
}

/**
 * Sends events to the shop, at least once and in no guaranteed order, as Stripe and EasyPost do. The pending events are in the ledger,
 * so that they are sent after a restart.
 */
export class WebhookSender<Event> {
  readonly #options: WebhookOptions<Event>;
  readonly #agent: HttpAgent;
  readonly #waiting: { id: string; attempt: number }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #active = 0;
  #stopped = false;

  constructor(options: WebhookOptions<Event>) {
    this.#options = options;
    const Agent = options.url.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: MAX_CONCURRENT_DELIVERIES });
  }

  send(ids: Iterable<string>): void {
    for (const id of ids) this.#enqueue(id, 0);
  }

  /** Sends each event once more, one after the other in this order; returns how many were answered 2xx. */
  async resend(events: Iterable<Event>): Promise<number> {
    let accepted = 0;
    for (const event of events) if (await this.#post(this.#options.message(event))) accepted += 1;
    return accepted;
  }

  /** Aborts deliveries in progress, whose events stay pending. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#agent.destroy();
  }

  #enqueue(id: string, attempt: number): void {
    this.#waiting.push({ id, attempt });
    this.#startDeliveries();
  }

  #startDeliveries(): void {
    while (!this.#stopped && this.#active < MAX_CONCURRENT_DELIVERIES) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#active += 1;
      void this.#deliver(next.id, next.attempt).finally(() => {
        this.#active -= 1;
        this.#startDeliveries();
      });
    }
  }

  async #deliver(id: string, attempt: number): Promise<void> {
    const event = this.#options.event(id);
    if (event === undefined) return;
    const delivered = await this.#post(this.#options.message(event));
    if (this.#stopped) return;
    if (delivered) {
      this.#options.onDone(id);
      return;
    }
    if (Date.now() - this.#options.createdAt(event) > GIVE_UP_AFTER_MS) {
      this.#options.logger.warn({ event: id }, 'sandbox gave up sending a webhook after three days');
      this.#options.onDone(id);
      return;
    }
    const delay = Math.min(FIRST_RETRY_DELAY_MS * 2 ** Math.min(attempt, 20), MAX_RETRY_DELAY_MS);
    this.#options.logger.debug(
      { event: id, attempt, delay },
      'sandbox will send a webhook again, which was not accepted',
    );
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(id, attempt + 1);
    }, delay);
    this.#timers.add(timer);
  }

  /** Returns whether the request was answered 2xx in time. Never rejects. */
  #post({ body, headers }: WebhookMessage): Promise<boolean> {
    const { url } = this.#options;
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const request = send(url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': Buffer.byteLength(body),
          ...headers,
        },
      });
      const deadline = setTimeout(() => request.destroy(), RESPONSE_TIMEOUT_MS);
      request.on('response', (response) => {
        response.resume();
        response.on('error', () => undefined);
        const status = response.statusCode ?? 0;
        resolve(status >= 200 && status < 300);
      });
      request.on('error', () => {
        resolve(false);
      });
      request.on('close', () => {
        clearTimeout(deadline);
        resolve(false);
      });
      request.end(body);
    });
  }
}
