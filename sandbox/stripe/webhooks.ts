import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Logger } from 'pino';
import type { EventRecord } from './records.ts';
import { renderEvent } from './render.ts';
import { signatureOf } from './signature.ts';

/** Milliseconds before the first retry; doubled each time up to the cap. */
const FIRST_DELAY = 500;
const MAX_DELAY = 60_000;
/** Stripe gives up after three days (docs.stripe.com/webhooks#retries). Seconds. */
const GIVE_UP_AFTER = 3 * 24 * 60 * 60;
const TIMEOUT_MS = 10_000;
const CONCURRENCY = 16;

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  readonly logger: Logger;
  readonly event: (id: string) => EventRecord | undefined;
  /** Told when an event needs no further delivery: it was answered 2xx, or given up. */
  readonly onDone: (id: string) => void;
}

/**
 * Sends events to the shop, at least once, in no guaranteed order, as Stripe does. What is pending lives in the ledger;
 * this only works it off, and starts anew after a restart.
 */
export class WebhookSender {
  readonly #options: WebhookOptions;
  readonly #agent: HttpAgent;
  readonly #waiting: { id: string; attempt: number }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #active = 0;
  #stopped = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
    const Agent = options.url.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  }

  send(ids: Iterable<string>): void {
    for (const id of ids) this.#enqueue(id, 0);
  }

  /** Delivers events once more each, one after another in this order; answers how many were accepted (2xx). */
  async resend(events: Iterable<EventRecord>): Promise<number> {
    let accepted = 0;
    for (const event of events) if (await this.#post(JSON.stringify(renderEvent(event, 1)))) accepted += 1;
    return accepted;
  }

  /** What is under way is cut off; it stays pending. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#agent.destroy();
  }

  #enqueue(id: string, attempt: number): void {
    this.#waiting.push({ id, attempt });
    this.#work();
  }

  #work(): void {
    while (!this.#stopped && this.#active < CONCURRENCY) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#active += 1;
      void this.#deliver(next.id, next.attempt).finally(() => {
        this.#active -= 1;
        this.#work();
      });
    }
  }

  async #deliver(id: string, attempt: number): Promise<void> {
    const event = this.#options.event(id);
    if (event === undefined) return;
    const delivered = await this.#post(JSON.stringify(renderEvent(event, 1)));
    if (this.#stopped) return;
    if (delivered) {
      this.#options.onDone(id);
      return;
    }
    if (Date.now() / 1000 - event.created > GIVE_UP_AFTER) {
      this.#options.logger.warn({ event: id }, 'webhook given up after three days');
      this.#options.onDone(id);
      return;
    }
    const delay = Math.min(FIRST_DELAY * 2 ** Math.min(attempt, 20), MAX_DELAY);
    this.#options.logger.debug({ event: id, attempt, delay }, 'webhook not accepted, will be sent again');
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(id, attempt + 1);
    }, delay);
    this.#timers.add(timer);
  }

  /** Whether it was answered 2xx in time. Never rejects. */
  #post(payload: string): Promise<boolean> {
    const { url, secret } = this.#options;
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const request = send(url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': Buffer.byteLength(payload),
          'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'Stripe-Signature': signatureOf(payload, secret, Date.now()),
        },
      });
      const deadline = setTimeout(() => request.destroy(), TIMEOUT_MS);
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
      request.end(payload);
    });
  }
}
