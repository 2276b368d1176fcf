import type { StoredResponse } from './records.ts';

/** The stored responses of idempotency keys. A response is removed after the configured time (at Stripe 24 hours). */
export class IdempotencyKeys {
  readonly #ttlMs: number;
  /** In the order in which they were stored, so that expired responses are at the front. */
  readonly #responses = new Map<string, StoredResponse>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  store(key: string, response: StoredResponse): void {
    this.#removeExpired();
    this.#responses.delete(key);
    this.#responses.set(key, response);
  }

  find(key: string): StoredResponse | undefined {
    const response = this.#responses.get(key);
    return response === undefined || this.#isExpired(response) ? undefined : response;
  }

  entries(): Iterable<[string, StoredResponse]> {
    this.#removeExpired();
    return this.#responses.entries();
  }

  #removeExpired(): void {
    for (const [key, response] of this.#responses) {
      if (!this.#isExpired(response)) return;
      this.#responses.delete(key);
    }
  }

  #isExpired(response: StoredResponse): boolean {
    return Date.now() - response.at >= this.#ttlMs;
  }
}
